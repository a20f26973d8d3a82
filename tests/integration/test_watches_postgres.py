"""What is new against everything that is watched for, on the real Postgres: the search's own hits, each alert once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import numpy as np
import psycopg
import pytest

from contracts.search import SearchRequest
from contracts.task import JobState
from contracts.vocabulary import SPACE_DIMENSIONS, ItemKind, ObjectClass, Space
from contracts.watches import SEARCH_WATCH, SEARCH_WATCH_PREPARE, PrepareWatches, TryWatch, WatchItems
from kit.jobs import Jobs
from kit.postgres import Database
from services.search.adapters.places import GatewayPlaces
from services.search.adapters.postgres import IngestLibrary
from services.search.adapters.stored import StoredFacts
from services.search.adapters.vectors import EmbedVectors
from services.search.adapters.watches import PostgresWatches
from services.search.model.errors import ModelsUnavailableError
from services.search.model.filters import Filters
from services.search.model.search import Encoding, Probe, Vector
from services.search.pipeline.fresh import KeptEncoders
from services.search.pipeline.search import Searching
from services.search.pipeline.watches import Watching
from tests.databases import ServiceDatabases
from tests.fakes.search import SPACE_NAMES, FakeEncoders, FakeFrames, FakePictures, FakeSpaces, StoredVector, stages
from tests.fixtures.stored_items import StoredItems

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ACROSS = [[0, 0.0, 0.2, 0.1, 0.5], [4, 0.9, 0.2, 1.0, 0.5]]
RANDOM = np.random.default_rng(5)


def towards(*parts: int, kind: Space = Space.SEMANTIC) -> Vector:
    """A unit vector along some axes."""
    vector = np.zeros(SPACE_DIMENSIONS[kind], np.float32)
    vector[list(parts)] = 1.0
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


TRUCK, HAT, SMOKE = towards(0), towards(1), towards(2)


@dataclass
class House:
    """A tenant with two cameras, its worker's use case, and models that know three sentences."""

    databases: ServiceDatabases
    tenant_id: UUID
    items: StoredItems
    database: Database
    jobs: Jobs
    encoders: FakeEncoders
    cameras: list[UUID] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.owner("INSERT INTO gateway.tenants (id, name) VALUES (%s, %s)", (self.tenant_id, f"t-{self.tenant_id}"))
        for name, zone in (("gate", "Europe/Berlin"), ("pier", "America/New_York")):
            camera_id = uuid4()
            self.owner(
                "INSERT INTO gateway.cameras (id, tenant_id, name, time_zone) VALUES (%s, %s, %s, %s)",
                (camera_id, self.tenant_id, name, zone),
            )
            self.cameras.append(camera_id)
        self.searching = Searching(
            encoders=self.encoders,
            spaces=FakeSpaces(),
            pictures=FakePictures(),
            frames=FakeFrames(),
            vectors=EmbedVectors(self.database),
            library=IngestLibrary(self.database),
            places=GatewayPlaces(self.database),
            stored=StoredFacts(self.database),
            stage=stages([]),
        )
        self.watching = Watching(PostgresWatches(self.database, self.jobs), self.searching, KeptEncoders(self.encoders))

    def owner(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.databases.superuser_dsn) as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def zone(self, camera_id: UUID, points: str) -> UUID:
        rows = self.owner(
            "INSERT INTO gateway.zones (tenant_id, camera_id, name, kind, points)"
            " VALUES (%s, %s, %s, 'zone', %s) RETURNING id",
            (self.tenant_id, camera_id, uuid4().hex, points),
        )
        found: UUID = rows[0][0]
        return found

    def watch(
        self,
        text: str | None,
        *,
        min_score: float = 0.5,
        schedule: str | None = None,
        muted_until: datetime | None = None,
        camera_ids: Sequence[UUID] | None = None,
        **fields: Any,
    ) -> UUID:
        request = SearchRequest(
            tenant_id=self.tenant_id, text=text, min_score=min_score, camera_ids=None, read_text=False, **fields
        )
        rows = self.owner(
            "INSERT INTO gateway.watches (tenant_id, name, search, asked, schedule, muted_until, camera_ids)"
            " VALUES (%s, %s, %s, '{}', %s, %s, %s) RETURNING id",
            (
                self.tenant_id,
                uuid4().hex,
                msgspec.json.encode(request).decode(),
                schedule,
                muted_until,
                None if camera_ids is None else list(camera_ids),
            ),
        )
        found: UUID = rows[0][0]
        return found

    def track(
        self,
        meaning: Vector,
        *,
        camera: int = 0,
        at: float = 0.0,
        object_class: ObjectClass = ObjectClass.TRUCK,
        recording_id: UUID | None = None,
        looks: Vector | None = None,
    ) -> UUID:
        """A track with two crops that mean the same, and vectors of both kinds; it looks like nothing else unless
        said."""
        started_at = START + timedelta(seconds=at)
        camera_id = self.cameras[camera]
        recording_id = recording_id or self.items.recording(camera_id, started_at)
        track_id = self.items.track(
            camera_id, recording_id, started_at, crops=2, object_class=object_class, path=ACROSS
        )
        chance = RANDOM.normal(size=SPACE_DIMENSIONS[Space.APPEARANCE])
        own = chance / np.linalg.norm(chance) if looks is None else looks
        for kind, vector in ((Space.SEMANTIC, meaning), (Space.APPEARANCE, own)):
            self.items.vectors(
                [
                    StoredVector(
                        tenant_id=self.tenant_id,
                        camera_id=camera_id,
                        recording_id=recording_id,
                        started_at=started_at,
                        ended_at=started_at + timedelta(seconds=4),
                        item=ItemKind.TRACK,
                        item_id=track_id,
                        object_class=object_class,
                        rank=rank,
                        kind=kind,
                        space=SPACE_NAMES[kind],
                        vector=np.asarray(vector, np.float32),
                    )
                    for rank in range(2)
                ]
            )
        self.owner("UPDATE embed.spaces SET state = 'serving', image_model = name WHERE state <> 'serving'")
        return track_id

    def restart(self) -> None:
        """A worker that knows nothing yet."""
        self.encoders.asked.clear()
        self.encoders.seen_pictures.clear()
        self.watching = Watching(PostgresWatches(self.database, self.jobs), self.searching, KeptEncoders(self.encoders))

    def prepare(self) -> int:
        """What a worker's duty asks for, done; how many jobs there were."""
        PostgresWatches(self.database, self.jobs).ask_to_prepare()
        rows = self.owner(
            "SELECT id FROM jobs.jobs WHERE contract = %s AND tenant_id = %s AND state = 'ready'",
            (SEARCH_WATCH_PREPARE.name, self.tenant_id),
        )
        for (job_id,) in rows:
            claim = self.jobs.claim(job_id, "tests")
            assert claim is not None
            assert isinstance(claim.payload, PrepareWatches)
            self.watching.prepare(claim.payload, claim.lease)
        return len(rows)

    def kept(self) -> set[tuple[UUID, int]]:
        """Watches and versions of which it is kept what they look for."""
        rows = self.owner("SELECT watch_id, version FROM search.watch_looks WHERE tenant_id = %s", (self.tenant_id,))
        return {(watch_id, version) for watch_id, version in rows}

    def look(self, *track_ids: UUID) -> dict[str, Any]:
        """What the job does that embed asks for."""
        with self.jobs.work(self.tenant_id) as work:
            job_id = work.enqueue(
                SEARCH_WATCH, WatchItems(recording_id=uuid4(), track_ids=track_ids), key=uuid4().hex
            ).job_id
        claim = self.jobs.claim(job_id, "tests")
        assert claim is not None
        assert isinstance(claim.payload, WatchItems)
        self.watching.look(claim.payload, claim.lease)
        job = self.jobs.get(self.tenant_id, job_id)
        assert job is not None
        assert job.state is JobState.DONE
        return job.result or {}

    def alerts(self) -> set[tuple[UUID, UUID]]:
        """Watch and item; each is in the outbox too."""
        told = self.owner("SELECT watch_id, item_id FROM search.alerts WHERE tenant_id = %s", (self.tenant_id,))
        waiting = self.owner("SELECT count(*) FROM search.outbox WHERE tenant_id = %s", (self.tenant_id,))
        assert waiting[0][0] == len(told)
        return {(watch, item) for watch, item in told}


@pytest.fixture
def house(databases: ServiceDatabases) -> Iterator[House]:
    database = databases.open("sightline_search")
    tenant_id = uuid4()
    items = StoredItems(databases, tenant_id)
    encoders = FakeEncoders(
        sentences={"a truck": TRUCK, "a hat": HAT, "smoke": SMOKE}, known_captions={"a hat": HAT, "smoke": SMOKE}
    )
    yield House(databases, tenant_id, items, database, Jobs(database, lambda _: None, lease_seconds=60), encoders)
    database.close()
    items.close()


def test_what_is_new_alerts_each_watch_that_it_is_like_once_and_with_its_hit(house: House) -> None:
    trucks, hats = house.watch("a truck"), house.watch("a hat")
    truck, hat, other = house.track(TRUCK), house.track(HAT, at=60), house.track(towards(9), at=120)
    assert house.look(truck, hat, other)["alerts"] == 2
    assert house.alerts() == {(trucks, truck), (hats, hat)}
    assert house.look(truck, hat, other)["alerts"] == 0
    assert len(house.alerts()) == 2
    [(hit,)] = house.owner("SELECT hit FROM search.alerts WHERE watch_id = %s", (trucks,))
    assert (hit["id"], hit["object_class"]) == (str(truck), "truck")
    assert hit["thumbnail_key"].startswith(f"crop/{truck}/")


def test_what_was_there_before_alerts_nobody(house: House) -> None:
    old = house.track(TRUCK)
    house.watch("a truck")
    new = house.track(TRUCK, at=600)
    assert house.look(new)["alerts"] == 1
    assert {item for _, item in house.alerts()} == {new}
    assert old != new


def test_mute_schedule_and_cameras_are_heeded(house: House) -> None:
    muted = house.watch("a truck", muted_until=datetime.now(UTC) + timedelta(hours=1))
    over = house.watch("a truck", muted_until=datetime.now(UTC) - timedelta(hours=1))
    # 08:00 UTC is 09:00 at the gate and 03:00 at the pier.
    morning = house.watch("a truck", schedule='{"day_time": {"start": "08:00:00", "until": "10:00:00"}}')
    gate_only = house.watch("a truck", camera_ids=[house.cameras[0]])
    nowhere = house.watch("a truck", camera_ids=[])
    gate, pier = house.track(TRUCK), house.track(TRUCK, camera=1)
    house.look(gate, pier)
    found = house.alerts()
    assert {item for watch, item in found if watch == over} == {gate, pier}
    assert {item for watch, item in found if watch == morning} == {gate}
    assert {item for watch, item in found if watch == gate_only} == {gate}
    assert not {watch for watch, _ in found} & {muted, nowhere}


def test_a_watch_filters_as_its_search_does(house: House) -> None:
    left_half = house.zone(house.cameras[0], "[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]")
    corner = house.zone(house.cameras[0], "[[0.9, 0.9], [1, 0.9], [1, 1]]")
    fields: list[dict[str, Any]] = [
        {},
        {"classes": (ObjectClass.TRUCK,)},
        {"without_classes": (ObjectClass.TRUCK,)},
        {"zone_ids": (left_half,)},
        {"zone_ids": (corner,)},
        {"min_seconds_in_view": 3.0},
        {"min_seconds_in_view": 5.0},
        {"min_speed": 0.1},
        {"max_speed": 0.1},
        {"weekdays": (0,)},
        {"weekdays": (3,)},
        {"without_camera_ids": (house.cameras[0],)},
        {"count": 2},
        {"kinds": (ItemKind.SCENE,)},
        {"without_texts": ("a hat",)},
    ]
    watches = {house.watch("a truck", min_score=0.3, **narrowed): narrowed for narrowed in fields}
    tracks = [
        house.track(TRUCK),
        house.track(towards(0, 1), at=2, object_class=ObjectClass.CAR),
        house.track(TRUCK, camera=1, at=300),
        house.track(towards(7), at=400),
    ]
    house.look(*tracks)
    found = house.alerts()
    for watch_id, narrowed in watches.items():
        request = SearchRequest(
            tenant_id=house.tenant_id, text="a truck", min_score=0.3, limit=200, read_text=False, **narrowed
        )
        expected = {hit.id for hit in house.searching.answer(request).hits}
        assert {item for watch, item in found if watch == watch_id} == expected, narrowed
    assert len({frozenset(item for watch, item in found if watch == one) for one in watches}) > 4


def test_new_rows_are_filtered_and_scored_in_memory_as_in_the_store(house: House) -> None:
    tracks = [
        house.track(
            np.asarray(one / np.linalg.norm(one), np.float32), camera=number % 2, at=37.0 * number, object_class=kind
        )
        for number, (one, kind) in enumerate(
            zip(RANDOM.normal(size=(12, 384)), [*ObjectClass, *ObjectClass], strict=True)
        )
    ]
    batch = PostgresWatches(house.database, house.jobs).fresh(
        house.tenant_id, WatchItems(recording_id=uuid4(), track_ids=tuple(tracks))
    )
    assert len(batch.rows) == 12 * 4
    vectors = EmbedVectors(house.database)
    likeness: dict[ObjectClass | None, float] = {known: 0.1 * n for n, known in enumerate((None, *ObjectClass))}
    probe = Probe(Space.SEMANTIC, Encoding(SPACE_NAMES[Space.SEMANTIC], TRUCK), (ItemKind.TRACK,), likeness)
    for narrowed in (
        {},
        {"camera_ids": (house.cameras[1],)},
        {"from_time": START + timedelta(seconds=40), "until_time": START + timedelta(seconds=200)},
        {"classes": (ObjectClass.CAR, ObjectClass.BUS)},
        {"without_classes": (ObjectClass.PERSON,), "without_camera_ids": (house.cameras[0],)},
        {"item_ids": tuple(tracks[:3])},
        {"excluded_ids": tuple(tracks[:3])},
        {"min_seconds_in_view": 4.0},
        {"max_seconds_in_view": 3.9},
    ):
        filters = Filters(**({"tenant_id": house.tenant_id, "camera_ids": None} | narrowed))
        stored = vectors.nearest(filters, probe, 100)
        fresh = batch.passing(filters, probe)
        assert {(one.item_id, one.rank): pytest.approx(one.score, abs=2e-3) for one in stored} == {
            (one.item_id, one.rank): one.score for one in fresh
        }, narrowed


def test_a_watch_that_cannot_be_answered_is_told_and_keeps_no_other_from_alerting(house: House) -> None:
    broken = house.watch("a truck", zone_ids=(uuid4(),))
    house.watch("a truck")
    result = house.look(house.track(TRUCK))
    assert list(result["failed"]) == [str(broken)]
    assert result["alerts"] == 1


def test_models_that_do_not_answer_leave_the_job_to_be_tried_again(house: House) -> None:
    house.watch("a truck")
    track = house.track(TRUCK)
    house.encoders.down = True
    with pytest.raises(ModelsUnavailableError):
        house.look(track)
    assert house.alerts() == set()


def test_a_sentence_is_encoded_once_however_often_it_is_watched_for(house: House) -> None:
    for _ in range(1000):
        house.watch("a truck")
    house.watch("smoke")
    first, second = house.track(TRUCK), house.track(TRUCK, at=100)
    assert house.look(first)["alerts"] == 1000
    assert house.look(second)["alerts"] == 1000
    assert sorted(house.encoders.asked) == ["a truck"]


def test_a_worker_that_starts_anew_encodes_nothing_again(house: House) -> None:
    trucks = house.watch("a truck")
    house.watch("a truck", without_texts=("a hat",))
    first = house.track(TRUCK)
    assert house.look(first)["alerts"] == 2
    house.restart()
    second, unlike = house.track(TRUCK, at=100), house.track(towards(9), at=200)
    assert house.look(unlike)["searched"] == 0
    assert house.encoders.asked == []
    assert house.look(second)["alerts"] == 2
    assert "a truck" not in house.encoders.asked
    assert (trucks, second) in house.alerts()


def test_what_watches_look_for_is_made_before_anything_new_comes(house: House) -> None:
    house.track(TRUCK)  # From now on spaces serve.
    watches = {house.watch("a truck"), house.watch("smoke", muted_until=datetime.now(UTC) + timedelta(hours=1))}
    assert house.prepare() == 1
    assert house.kept() == {(watch, 1) for watch in watches}
    assert house.prepare() == 0
    house.restart()
    assert house.look(house.track(TRUCK, at=100))["alerts"] == 1
    assert house.encoders.asked == []


def test_a_changed_watch_is_made_anew_and_a_removed_one_forgotten(house: House) -> None:
    truck = house.track(TRUCK)
    changed, removed = house.watch("a truck"), house.watch("a truck")
    house.prepare()
    request = SearchRequest(tenant_id=house.tenant_id, text="a hat", min_score=0.5, camera_ids=None, read_text=False)
    house.owner(
        "UPDATE gateway.watches SET search = %s, version = 2 WHERE id = %s",
        (msgspec.json.encode(request).decode(), changed),
    )
    house.owner("DELETE FROM gateway.watches WHERE id = %s", (removed,))
    assert house.prepare() == 1
    assert house.kept() == {(changed, 2)}
    hat = house.track(HAT, at=100)
    house.look(truck, hat)
    assert house.alerts() == {(changed, hat)}


def test_what_was_made_for_other_spaces_is_not_compared(house: House) -> None:
    house.track(TRUCK)
    watch = house.watch("a truck")
    house.prepare()
    house.owner("UPDATE search.watch_looks SET spaces = 'others' WHERE watch_id = %s", (watch,))
    house.restart()
    assert house.look(house.track(TRUCK, at=100))["alerts"] == 1
    assert house.encoders.asked == ["a truck"]


def test_other_weights_under_the_same_names_are_noticed_by_a_worker_that_runs(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = house.watch("a truck")
    assert house.look(house.track(TRUCK))["alerts"] == 1
    house.owner("UPDATE embed.spaces SET name = 'newer' WHERE kind = 'semantic'")
    monkeypatch.setitem(SPACE_NAMES, Space.SEMANTIC, "newer")
    house.encoders.asked.clear()
    newer = house.track(TRUCK, at=100)
    assert house.look(newer)["alerts"] == 1
    assert (watch, newer) in house.alerts()
    assert house.encoders.asked == ["a truck"]


def test_a_switch_in_the_middle_of_a_look_has_it_taken_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    watch, track = house.watch("a truck"), house.track(TRUCK)
    told = iter(["fake-semantic-0", "fake-semantic-1"])
    with monkeypatch.context() as patched:
        patched.setattr(PostgresWatches, "spaces", lambda _: next(told))
        with pytest.raises(ModelsUnavailableError, match="switched"):
            house.look(track)
    assert house.alerts() == set()
    house.look(track)
    assert house.alerts() == {(watch, track)}


def test_what_another_version_kept_and_nobody_can_read_is_made_anew(house: House) -> None:
    house.track(TRUCK)
    watch = house.watch("a truck")
    house.prepare()
    house.owner("UPDATE search.watch_looks SET prepared = %s WHERE watch_id = %s", (b"?", watch))
    house.restart()
    assert house.look(house.track(TRUCK, at=100))["alerts"] == 1
    house.restart()
    assert house.look(house.track(TRUCK, at=200))["alerts"] == 1
    assert house.encoders.asked == []


def test_watches_over_pictures_tracks_and_mixtures_are_searched_for_only_where_something_is_alike(house: House) -> None:
    wanted = towards(3, kind=Space.APPEARANCE)
    house.encoders.pictures = {Space.SEMANTIC: towards(4), Space.APPEARANCE: wanted}
    known = house.track(towards(4), looks=wanted)
    watches = {
        "picture": house.watch(None, picture_key="van.jpg"),
        "scenes alone": house.watch(None, picture_key="van.jpg", kinds=(ItemKind.SCENE,)),
        "track": house.watch(None, track_id=known),
        "both": house.watch("a truck", picture_key="van.jpg"),
        "without": house.watch("a truck", without_texts=("a hat",)),
    }
    house.prepare()
    house.restart()
    nothing_alike = house.track(towards(9), at=100)
    assert house.look(nothing_alike) | {"seconds": 0, "rows": 0} == {
        "watches": 5, "searched": 0, "rows": 0, "hits": 0, "failed": {}, "seconds": 0, "alerts": 0,
    }  # fmt: skip
    assert house.encoders.seen_pictures == []
    alike, truck = house.track(towards(4), at=200, looks=wanted), house.track(TRUCK, at=300)
    house.look(alike, truck)
    found = house.alerts()
    assert {item for watch, item in found if watch == watches["picture"]} == {alike}
    assert {item for watch, item in found if watch == watches["track"]} == {alike}
    assert {item for watch, item in found if watch == watches["without"]} == {truck}
    assert not {item for watch, item in found if watch == watches["scenes alone"]}


def test_a_watched_search_is_tried_on_the_past_day_by_day(house: House) -> None:
    day = 86_400.0
    for at in (0.0, 600.0, day, 3 * day):
        house.track(TRUCK, at=at)
    house.track(HAT, at=day)
    search = SearchRequest(
        tenant_id=house.tenant_id,
        text="a truck",
        min_score=0.5,
        read_text=False,
        from_time=START - timedelta(hours=1),
        until_time=START + timedelta(days=5),
    )
    answer = house.watching.attempt(
        TryWatch(tenant_id=house.tenant_id, search=search, time_zone="Europe/Berlin", samples=2)
    )
    assert [(one.day.isoformat(), one.count) for one in answer.days] == [
        ("2026-03-02", 2),
        ("2026-03-03", 1),
        ("2026-03-05", 1),
    ]
    assert (answer.count, answer.capped, len(answer.samples)) == (4, False, 2)
    assert answer.examined_until == search.until_time
    assert house.alerts() == set()
