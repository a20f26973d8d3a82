"""Every filter of a search on the real Postgres, alone and together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import psycopg
import pytest

from contracts.search import AttributeWish, DayTime, Heading, SearchAnswer, SearchRequest
from contracts.vocabulary import ATTRIBUTE_GROUPS, SPACE_DIMENSIONS, ItemKind, ObjectClass, Space, attribute_layout
from kit.postgres import Database
from services.search.adapters.places import GatewayPlaces
from services.search.adapters.postgres import IngestLibrary
from services.search.adapters.stored import StoredFacts
from services.search.adapters.vectors import EmbedVectors
from services.search.model.errors import NotFoundError
from services.search.model.search import Vector
from services.search.pipeline.search import Searching
from tests.databases import ServiceDatabases
from tests.fakes.search import SPACE_NAMES, FakeEncoders, FakeFrames, FakePictures, FakeSpaces, StoredVector, stages
from tests.fixtures.stored_items import StoredItems

MONDAY = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
PERSON_LAYOUT = attribute_layout(tuple(group for group in ATTRIBUTE_GROUPS if group.key == "person.hat"))
CAR_LAYOUT = attribute_layout(tuple(group for group in ATTRIBUTE_GROUPS if group.key == "vehicle.colour"))
ACROSS = [[0, 0.0, 0.2, 0.1, 0.5], [5, 0.4, 0.2, 0.5, 0.5], [10, 0.9, 0.2, 1.0, 0.5]]
DOWN = [[0, 0.4, 0.0, 0.6, 0.2], [40, 0.4, 0.3, 0.6, 0.9]]
STAYING = [[0, 0.5, 0.5, 0.6, 0.7], [30, 0.501, 0.5, 0.601, 0.7], [60, 0.5, 0.5, 0.6, 0.7]]


def axis(number: int, *, kind: Space = Space.SEMANTIC) -> Vector:
    """A unit vector."""
    vector = np.zeros(SPACE_DIMENSIONS[kind], np.float32)
    vector[number] = 1.0
    return vector


@dataclass
class Site:
    """A tenant with three cameras, of which two are at one site and one in another time zone."""

    databases: ServiceDatabases
    tenant_id: UUID
    items: StoredItems
    database: Database
    cameras: dict[str, UUID] = field(default_factory=dict)
    names: dict[UUID, str] = field(default_factory=dict)
    recordings: dict[str, UUID] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with psycopg.connect(self.databases.dsn("sightline_owner")) as owner:
            owner.execute(
                "INSERT INTO gateway.tenants (id, name) VALUES (%s, %s)", (self.tenant_id, str(self.tenant_id))
            )
        with self._gateway() as connection:
            for name, site, zone in (
                ("lobby", "north", "Europe/Berlin"),
                ("gate", "north", "Europe/Berlin"),
                ("pier", "harbour", "America/New_York"),
            ):
                row = connection.execute(
                    "INSERT INTO gateway.cameras (tenant_id, name, site, time_zone)"
                    " VALUES (%s, %s, %s, %s) RETURNING id",
                    (self.tenant_id, name, site, zone),
                ).fetchone()
                assert row is not None
                self.cameras[name] = row[0]
        for name, camera_id in self.cameras.items():
            self.recordings[name] = self.items.recording(camera_id, MONDAY, hours=24 * 7)

    def track(
        self,
        name: str,
        camera: str = "lobby",
        at: timedelta = timedelta(hours=8),
        seconds: float = 4,
        object_class: ObjectClass = ObjectClass.PERSON,
        path: Sequence[Sequence[float]] = STAYING,
        vector: Vector | None = None,
    ) -> UUID:
        begin = MONDAY + at
        end = begin + timedelta(seconds=seconds)
        recording, camera_id = self.recordings[camera], self.cameras[camera]
        track = self.items.track(camera_id, recording, begin, ended_at=end, object_class=object_class, path=path)
        self._store(name, track, ItemKind.TRACK, camera, begin, end, object_class, vector)
        return track

    def scene(
        self, name: str, camera: str = "lobby", at: timedelta = timedelta(hours=8), vector: Vector | None = None
    ) -> UUID:
        scene = self.items.scene(self.cameras[camera], self.recordings[camera], MONDAY + at)
        self._store(name, scene, ItemKind.SCENE, camera, MONDAY + at, MONDAY + at, None, vector)
        return scene

    def zone(self, camera: str, points: Sequence[tuple[float, float]], name: str = "zone") -> UUID:
        with self._gateway() as connection:
            row = connection.execute(
                "INSERT INTO gateway.zones (tenant_id, camera_id, name, kind, points)"
                " VALUES (%s, %s, %s, 'zone', %s::jsonb) RETURNING id",
                (self.tenant_id, self.cameras[camera], name, str([list(point) for point in points])),
            ).fetchone()
        assert row is not None
        zone_id: UUID = row[0]
        return zone_id

    def found(self, **narrowed: Any) -> set[str]:
        """The names of all that passes."""
        answer = self.ask({"anything": axis(0)}, text="anything", read_text=False, **narrowed)
        return {self.names[hit.id] for hit in answer.hits}

    def ask(self, sentences: Mapping[str, Vector], **wanted: Any) -> SearchAnswer:
        """A search where only these sentences have vectors."""
        searching = Searching(
            encoders=FakeEncoders(sentences=sentences),
            spaces=FakeSpaces(),
            pictures=FakePictures(),
            frames=FakeFrames(),
            vectors=EmbedVectors(self.database),
            library=IngestLibrary(self.database),
            places=GatewayPlaces(self.database),
            stored=StoredFacts(self.database),
            stage=stages([]),
        )
        return searching.answer(SearchRequest(**{"tenant_id": self.tenant_id, "limit": 200, **wanted}))

    def _gateway(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(self.databases.dsn("sightline_gateway"))
        connection.execute("SELECT set_config('sightline.tenant', %s, false)", (str(self.tenant_id),))
        return connection

    def _store(
        self,
        name: str,
        item_id: UUID,
        item: ItemKind,
        camera: str,
        begin: datetime,
        end: datetime,
        object_class: ObjectClass | None,
        vector: Vector | None,
    ) -> None:
        self.names[item_id] = name
        random = np.random.default_rng(len(self.names)).normal(size=SPACE_DIMENSIONS[Space.SEMANTIC])
        looks = random.astype(np.float32) if vector is None else vector
        row = StoredVector(
            tenant_id=self.tenant_id,
            camera_id=self.cameras[camera],
            recording_id=self.recordings[camera],
            started_at=begin,
            ended_at=end,
            item=item,
            item_id=item_id,
            object_class=object_class,
            rank=0,
            kind=Space.SEMANTIC,
            space=SPACE_NAMES[Space.SEMANTIC],
            vector=np.asarray(looks / np.linalg.norm(looks), np.float32),
        )
        self.items.vectors([row])


@pytest.fixture
def site(databases: ServiceDatabases) -> Iterator[Site]:
    tenant = uuid4()
    made = Site(databases, tenant, StoredItems(databases, tenant), databases.open("sightline_search"))
    yield made
    made.items.close()
    made.database.close()


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def test_cameras_and_sites_are_kept_to_or_left_out(site: Site) -> None:
    for camera in site.cameras:
        site.track(camera, camera)
    assert site.found(without_camera_ids=(site.cameras["gate"],)) == {"lobby", "pier"}
    assert site.found(sites=("north",)) == {"lobby", "gate"}
    assert site.found(sites=("north",), without_camera_ids=(site.cameras["gate"],)) == {"lobby"}
    assert site.found(sites=("north",), camera_ids=(site.cameras["gate"], site.cameras["pier"])) == {"gate"}


def test_a_site_of_cameras_that_are_not_permitted_is_not_there(site: Site) -> None:
    with pytest.raises(NotFoundError, match="harbour"):
        site.found(sites=("harbour",), camera_ids=(site.cameras["lobby"],))


def test_a_time_of_day_is_that_of_the_cameras_own_clock(site: Site) -> None:
    for camera in ("lobby", "pier"):
        for hour in (8, 14):
            site.track(f"{camera} {hour} utc", camera, hours(hour))
    # Nine o'clock in Berlin is 8 UTC in winter; in New York it is 14 UTC.
    opening = DayTime(start=time(9), until=time(10))
    assert site.found(day_time=opening) == {"lobby 8 utc", "pier 14 utc"}
    assert site.found(day_time=opening, camera_ids=(site.cameras["pier"],)) == {"pier 14 utc"}


def test_a_night_goes_over_midnight_and_belongs_to_the_day_that_it_begins_on(site: Site) -> None:
    for name, hour in (("monday noon", 12), ("monday late", 22), ("tuesday early", 27), ("tuesday late", 46)):
        site.track(name, at=hours(hour))
    site.scene("tuesday early still", at=hours(27))
    night = DayTime(start=time(22), until=time(6))
    assert site.found(day_time=night, weekdays=(0,)) == {"monday late", "tuesday early", "tuesday early still"}
    assert site.found(day_time=night, from_time=MONDAY + hours(36)) == {"tuesday late"}
    assert site.found(weekdays=(0,)) == {"monday noon", "monday late"}
    assert site.found(weekdays=(5,)) == set()


def test_a_track_that_is_in_view_when_the_time_begins_counts(site: Site) -> None:
    site.track("since hours", at=hours(5), seconds=3 * 3600)
    site.track("before", at=hours(5))
    assert site.found(day_time=DayTime(start=time(8), until=time(9))) == {"since hours"}


def test_classes_can_be_left_out_and_scenes_stay(site: Site) -> None:
    site.track("person")
    site.track("car", object_class=ObjectClass.CAR)
    site.scene("scene")
    assert site.found(without_classes=(ObjectClass.CAR,)) == {"person", "scene"}


def test_how_long_somebody_was_in_view_can_be_asked_for(site: Site) -> None:
    site.track("short", seconds=3)
    site.track("long", seconds=700)
    site.scene("scene")
    assert site.found(min_seconds_in_view=600) == {"long"}
    assert site.found(max_seconds_in_view=600) == {"short"}
    assert site.found(min_seconds_in_view=1, max_seconds_in_view=2) == set()


def test_attributes_are_wanted_or_not_and_of_what_is_unknown_nothing_is_said(site: Site) -> None:
    hatted, bare, doubtful = site.track("hat"), site.track("no hat"), site.track("perhaps")
    red = site.track("red car", object_class=ObjectClass.CAR)
    site.track("not looked at")
    site.scene("scene")
    for track, yes in ((hatted, 0.95), (bare, 0.02), (doubtful, 0.4)):
        site.items.attributes(track, PERSON_LAYOUT, [round(10_000 * (1 - yes)), round(10_000 * yes)])
    site.items.attributes(red, CAR_LAYOUT, [0, 0, 0, 0, 0, 0, 0, 0, 9_000, 1_000, 0])

    def wish(**changed: Any) -> tuple[AttributeWish, ...]:
        return (AttributeWish(**({"attribute": "person.hat", "value": "yes"} | changed)),)

    assert site.found(attributes=wish()) == {"hat"}
    assert site.found(attributes=wish(probability=0.3)) == {"hat", "perhaps"}
    assert site.found(attributes=wish(wanted=False)) == {"no hat", "perhaps", "red car", "not looked at"}
    assert site.found(attributes=wish(wanted=False), classes=(ObjectClass.PERSON,)) == {
        "no hat",
        "perhaps",
        "not looked at",
    }
    assert site.found(attributes=wish(value="no", probability=0.9)) == {"no hat"}
    car = AttributeWish(attribute="vehicle.colour", value="red")
    assert site.found(attributes=(car,)) == {"red car"}
    assert site.found(attributes=(*wish(), car)) == set()


def test_a_track_is_in_a_zone_where_it_stood_in_it_at_a_point_of_its_path(site: Site) -> None:
    site.track("across", path=ACROSS)
    site.track("staying", path=STAYING)
    site.track("elsewhere", "gate", path=STAYING)
    site.scene("scene")
    right = site.zone("lobby", [(0.8, 0.4), (1.0, 0.4), (1.0, 0.6), (0.8, 0.6)])
    middle = site.zone("lobby", [(0.5, 0.6), (0.7, 0.6), (0.6, 0.8)], "middle")
    far = site.zone("gate", [(0, 0), (1, 0), (1, 1), (0, 1)])
    assert site.found(zone_ids=(right,)) == {"across"}
    assert site.found(zone_ids=(middle,)) == {"staying"}
    assert site.found(zone_ids=(middle, far)) == {"staying", "elsewhere"}
    assert site.found(
        zone_ids=(middle, far), sites=("north",), camera_ids=(site.cameras["lobby"], site.cameras["gate"])
    )
    with pytest.raises(NotFoundError, match=str(far)):
        site.found(zone_ids=(far,), camera_ids=(site.cameras["lobby"],))


def test_a_zone_can_be_left_out_by_who_never_stood_in_it(site: Site) -> None:
    site.track("across", path=ACROSS)
    site.track("staying", path=STAYING)
    site.track("elsewhere", "gate", path=STAYING)
    site.scene("scene")
    right = site.zone("lobby", [(0.8, 0.4), (1.0, 0.4), (1.0, 0.6), (0.8, 0.6)])
    middle = site.zone("lobby", [(0.5, 0.6), (0.7, 0.6), (0.6, 0.8)], "middle")
    # A scene has no path that could have been in a zone.
    assert site.found(without_zone_ids=(right,)) == {"staying", "elsewhere", "scene"}
    assert site.found(without_zone_ids=(right, middle)) == {"elsewhere", "scene"}
    assert site.found(zone_ids=(right,), without_zone_ids=(middle,)) == {"across"}
    assert site.found(without_zone_ids=(right,), camera_ids=(site.cameras["gate"],)) == {"elsewhere"}
    with pytest.raises(NotFoundError, match=str(right)):
        site.found(without_zone_ids=(right,), permitted_camera_ids=(site.cameras["gate"],))


def test_direction_speed_and_size_are_those_of_the_path_on_the_picture(site: Site) -> None:
    site.track("across", path=ACROSS)
    site.track("back", path=[[at, *ACROSS[2 - number][1:]] for number, (at, *_) in enumerate(ACROSS)])
    site.track("down", path=DOWN)
    site.track("staying", path=STAYING)
    site.scene("scene")
    assert site.found(headings=(Heading(degrees=90),)) == {"across"}
    assert site.found(headings=(Heading(degrees=270),)) == {"back"}
    assert site.found(headings=(Heading(degrees=180), Heading(degrees=90))) == {"across", "down"}
    assert site.found(headings=(Heading(degrees=350, within=180),)) == {"across", "back", "down"}
    # Nine tenths of the view's width in ten seconds.
    assert site.found(min_speed=0.089) == {"across", "back"}
    assert site.found(min_speed=0.091) == set()
    assert site.found(max_speed=0.001) == {"staying"}
    assert site.found(min_size=0.1) == {"down"}
    assert site.found(min_size=0.1, min_speed=0.05) == set()


def test_a_heading_is_measured_on_the_picture_and_not_on_its_shares(site: Site) -> None:
    # The view is 768 wide and 432 high: as much of its width as of its height is not 45 degrees.
    site.track("shallow", path=[[0, 0.1, 0.1, 0.2, 0.2], [9, 0.6, 0.6, 0.7, 0.7]])
    angle = float(np.degrees(np.arctan2(768, -432)))
    assert site.found(headings=(Heading(degrees=angle, within=1),)) == {"shallow"}
    assert site.found(headings=(Heading(degrees=135, within=1),)) == set()


def test_so_many_together_are_in_view_at_one_moment_on_one_camera(site: Site) -> None:
    for name, begin, seconds in (("first", 0, 60), ("second", 50, 60), ("third", 100, 60)):
        site.track(name, at=hours(8) + timedelta(seconds=begin), seconds=seconds)
    site.track("alone", at=hours(9))
    site.track("beside it a car", at=hours(10))
    site.track("car", at=hours(10), object_class=ObjectClass.CAR)
    site.track("on another camera", "gate", at=hours(9))
    people = (ObjectClass.PERSON,)
    # The second overlaps both others, but never both at once.
    assert site.found(count=2, classes=people) == {"first", "second", "third"}
    assert site.found(count=3, classes=people) == set()
    assert site.found(count=2) == {"first", "second", "third", "beside it a car", "car"}


def test_enough_is_found_behind_many_that_do_not_pass(site: Site) -> None:
    for number in range(60):
        site.track(f"staying {number}", path=STAYING)
    site.track("across", path=ACROSS)
    assert site.found(headings=(Heading(degrees=90),)) == {"across"}
