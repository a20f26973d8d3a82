"""Two spaces side by side on the real Postgres: filled by jobs, swapped when complete, never mixed, never half."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from contracts.embed import EMBED_ITEMS, EMBED_REEMBED, EmbedItems, ReembedRecording
from contracts.task import JobState
from contracts.vocabulary import Space
from infra.models.spaces import ProfileSpace, SpaceStatus, begin_switch, bind, drop_kept, statuses
from kit.jobs import Jobs
from kit.postgres import Database
from kit.worker import JobWorker
from services.embed.adapters.postgres import IngestLibrary, PostgresSpaces, PostgresVectors
from services.embed.model import Binding, EmbeddedStills, SpaceState
from services.embed.pipeline import Embedding, Reembedding
from services.embed.tasks import handlers
from services.search.adapters.postgres import EmbedSpaces
from services.search.model.search import Towers
from tests.databases import ServiceDatabases
from tests.fakes.embed import FakeModels, MemoryPictures, binding, space_of
from tests.fixtures.stored_items import StoredItems, count_rows

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
TINY, BASE = "tiny", "base"


def profile_space(kind: Space, profile: str, *, name: str | None = None, dimension: int | None = None) -> ProfileSpace:
    """As the fakes name and size it."""
    bound = binding(kind, profile=profile)
    space = space_of(bound, dimension)
    return ProfileSpace(kind, name or space.name, space.dimension, profile, bound.image_model, bound.text_model)


class Colours(defaultdict[str, int]):
    """Every still is there, in one colour."""

    def __init__(self) -> None:
        super().__init__(lambda: 7)

    def __contains__(self, key: object) -> bool:
        return True


@dataclass
class House:
    """The embed service on a database of its own, with fakes for models and pictures; two tenants."""

    databases: ServiceDatabases
    database: Database
    tenants: list[StoredItems]
    models: FakeModels = field(default_factory=FakeModels)
    colours: dict[str, int] = field(default_factory=Colours)

    @property
    def owner(self) -> str:
        return self.databases.dsn("sightline_owner")

    def jobs(self, database: Database | None = None) -> Jobs:
        return Jobs(database or self.database, lambda _: None, lease_seconds=30)

    def footage(self, tenant: int = 0, tracks: int = 2, days: int = 0) -> tuple[UUID, UUID]:
        """A recording with tracks of two crops and a scene; its id and that of the job for its vectors."""
        items, camera, started = self.tenants[tenant], uuid4(), START + timedelta(days=days)
        recording = items.recording(camera, started)
        tracks_made = [items.track(camera, recording, started, crops=2) for _ in range(tracks)]
        scene = items.scene(camera, recording, started + timedelta(seconds=9))
        payload = EmbedItems(recording_id=recording, track_ids=tuple(tracks_made), scene_ids=(scene,))
        with self.jobs().work(items.tenant_id) as work:
            return recording, work.enqueue(EMBED_ITEMS, payload, key=str(recording), subject_id=recording).job_id

    def embed(
        self, job_id: UUID, database: Database | None = None, before_finish: Callable[[], None] | None = None
    ) -> None:
        """Does one job, whichever of the service's it is."""
        own = database or self.database
        vectors = PostgresVectors(own, self.jobs(own))
        store = vectors if before_finish is None else Delayed(vectors, before_finish)
        ports = (IngestLibrary(own), MemoryPictures(self.colours), self.models, PostgresSpaces(own), store)
        items, reembed = handlers(Embedding(*ports), Reembedding(*ports, pause=lambda _: None))
        with psycopg.connect(self.owner) as connection:
            row = connection.execute("SELECT contract FROM jobs.jobs WHERE id = %s", (job_id,)).fetchone()
        assert row is not None
        handler = {EMBED_ITEMS.name: items, EMBED_REEMBED.name: reembed}[row[0]]
        JobWorker(self.jobs(own), lease_seconds=30).handle(job_id, handler)

    def switch(self, profile: str, kind: Space = Space.APPEARANCE, dimension: int | None = None) -> int:
        if (kind, profile) not in self.models.encoders:
            self.models.serve(binding(kind, profile=profile), dimension)
        return begin_switch(self.owner, profile_space(kind, profile, dimension=dimension))

    def waiting(self) -> list[UUID]:
        """Re-embedding jobs that are ready."""
        with psycopg.connect(self.owner) as connection:
            rows = connection.execute(
                "SELECT id FROM jobs.jobs WHERE contract = %s AND state = 'ready' ORDER BY id", (EMBED_REEMBED.name,)
            ).fetchall()
        return [row[0] for row in rows]

    def fill(self) -> None:
        for job_id in self.waiting():
            self.embed(job_id)

    def states(self, kind: Space = Space.APPEARANCE) -> dict[str, str]:
        return {status.profile: status.state for status in statuses(self.owner) if status.kind is kind}

    def status(self, profile: str, kind: Space = Space.APPEARANCE) -> SpaceStatus:
        return next(one for one in statuses(self.owner) if (one.profile, one.kind) == (profile, kind))


@dataclass
class Delayed:
    """A store before whose `finish` something happens: as slow encoding would leave time for."""

    vectors: PostgresVectors
    meanwhile: Callable[[], None]

    def finish(
        self, lease: object, embedded: Sequence[EmbeddedStills], seconds: object, described: object = None
    ) -> None:
        self.meanwhile()
        self.vectors.finish(lease, embedded, seconds, described)  # type: ignore[arg-type]

    def keep(self, lease: object, embedded: EmbeddedStills) -> None:
        self.vectors.keep(lease, embedded)  # type: ignore[arg-type]

    def finish_filling(self, lease: object, task: ReembedRecording, filled: int, left_out: Sequence[str]) -> None:
        self.meanwhile()
        self.vectors.finish_filling(lease, task, filled, left_out)  # type: ignore[arg-type]


@pytest.fixture
def house(databases: ServiceDatabases) -> Iterator[House]:
    database = databases.open("sightline_embed")
    tenants = []
    with psycopg.connect(databases.dsn("sightline_owner")) as connection:
        for name in ("acme", "other"):
            row = connection.execute("INSERT INTO gateway.tenants (name) VALUES (%s) RETURNING id", (name,)).fetchone()
            assert row is not None
            tenants.append(StoredItems(databases, row[0]))
    made = House(databases, database, tenants)
    bind(made.owner, [profile_space(kind, TINY) for kind in Space])
    yield made
    for tenant in tenants:
        tenant.close()
    database.close()


def test_the_first_space_of_a_kind_serves_and_others_wait(house: House) -> None:
    assert bind(house.owner, [profile_space(Space.APPEARANCE, BASE)]) == [
        "semantic fake-semantic-tiny",
        "appearance fake-appearance-tiny",
    ]
    assert house.states() == {TINY: "serving", BASE: "kept"}
    assert [bound.state for bound in PostgresSpaces(house.database).bindings()] == [SpaceState.SERVING] * 2


def test_before_anything_was_embedded_the_built_in_names_serve(databases: ServiceDatabases) -> None:
    embed, search = databases.open("sightline_embed"), databases.open("sightline_search")
    served = {bound.kind: (bound.image_model, bound.text_model) for bound in PostgresSpaces(embed).bindings()}
    assert served == {Space.SEMANTIC: ("embed_image", "embed_text"), Space.APPEARANCE: ("appearance", None)}
    assert {
        kind: (towers.image_model, towers.text_model) for kind, towers in EmbedSpaces(search).serving().items()
    } == served
    embed.close()
    search.close()


def test_a_space_is_filled_over_all_tenants_and_then_serves(house: House) -> None:
    for tenant in (0, 0, 1):
        house.embed(house.footage(tenant)[1])
    search = house.databases.open("sightline_search")
    assert house.switch(BASE) == 3 * 4
    jobs = house.waiting()
    assert len(jobs) == 3
    for done, job_id in enumerate(jobs):
        assert house.states() == {TINY: "serving", BASE: "incoming"}
        assert EmbedSpaces(search).serving()[Space.APPEARANCE] == Towers("appearance-tiny", None)
        assert house.status(BASE).stills_done == done * 4
        house.embed(job_id)
    assert house.states() == {BASE: "serving", TINY: "kept"}
    assert EmbedSpaces(search).serving()[Space.APPEARANCE] == Towers("appearance-base", None)
    assert EmbedSpaces(search).serving()[Space.SEMANTIC] == Towers("semantic-tiny", "text-tiny")
    assert (house.status(BASE).vectors, house.status(TINY).vectors) == (12, 12)
    search.close()


def test_a_space_of_longer_vectors_stands_in_a_table_of_its_own(house: House) -> None:
    house.embed(house.footage(days=3)[1])
    assert house.switch(BASE, Space.SEMANTIC, dimension=768) == 5
    house.embed(house.footage(days=4)[1])
    house.fill()
    assert house.states(Space.SEMANTIC) == {BASE: "serving", TINY: "kept"}
    tenant = house.tenants[0].tenant_id
    assert count_rows(house.database, tenant, "embed.semantic_768") == 10
    assert count_rows(house.database, tenant, "embed.semantic_384") == 10


def test_where_nothing_is_stored_the_new_space_serves_at_once(house: House) -> None:
    assert house.switch(BASE) == 0
    assert house.states() == {BASE: "serving", TINY: "kept"}


def test_footage_that_was_being_embedded_when_the_switch_began_is_not_forgotten(house: House) -> None:
    """Its job looked before the incoming space was known, and stores after its footage was asked for and filled."""
    _, job_id = house.footage()

    def meanwhile() -> None:
        house.switch(BASE)
        house.fill()

    # The switch's own job finds all four crops and fills them before the fresh job is done: nothing may be lost.
    house.embed(job_id, before_finish=meanwhile)
    house.fill()
    assert house.states() == {BASE: "serving", TINY: "kept"}
    assert (house.status(BASE).vectors, house.status(TINY).vectors) == (4, 4)


def test_new_tracks_of_a_recording_whose_filling_has_ended_are_asked_for_by_themselves(house: House) -> None:
    recording, first = house.footage()
    house.embed(first)
    tenant = house.tenants[0]
    late: list[UUID] = []

    def meanwhile() -> None:
        house.switch(BASE)
        house.fill()
        assert house.states()[BASE] == "serving"

    track = tenant.track(uuid4(), recording, START, crops=3)
    with house.jobs().work(tenant.tenant_id) as work:
        payload = EmbedItems(recording_id=recording, track_ids=(track,))
        late.append(work.enqueue(EMBED_ITEMS, payload, key="late", subject_id=recording).job_id)
    house.embed(late[0], before_finish=meanwhile)
    assert len(house.waiting()) == 1
    house.fill()
    assert house.waiting() == []
    assert house.status(BASE).vectors == 7


def test_jobs_that_end_together_let_the_space_serve_exactly_once(house: House) -> None:
    for number in range(6):
        house.embed(house.footage(number % 2)[1])
    house.switch(BASE)

    def work(job_id: UUID) -> None:
        own = house.databases.open("sightline_embed")
        house.embed(job_id, own)
        own.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, house.waiting()))
    assert house.states() == {BASE: "serving", TINY: "kept"}
    assert house.status(BASE).vectors == 24


def test_a_job_that_died_goes_on_where_it_stopped(house: House) -> None:
    house.embed(house.footage(tracks=40)[1])
    house.switch(BASE)
    (job_id,) = house.waiting()
    encoder = house.models.encoders[Space.APPEARANCE, BASE]
    encode, asked = encoder.encode, []

    def dies(pictures: object) -> object:
        asked.append(1)
        if len(asked) == 2:
            raise ConnectionResetError("the worker was cut off")
        return encode(pictures)  # type: ignore[arg-type]

    encoder.encode = dies  # type: ignore[method-assign, assignment]
    house.embed(job_id)
    kept = house.status(BASE)
    assert (kept.vectors, kept.state) == (32, "incoming")
    assert kept.stills_done == 32
    with psycopg.connect(house.owner) as connection:
        connection.execute("UPDATE jobs.jobs SET not_before = now() WHERE id = %s", (job_id,))
    house.embed(job_id)
    assert house.states() == {BASE: "serving", TINY: "kept"}
    assert house.status(BASE).vectors == 80
    # 32 were not made again: two batches of 48 came after the one that was kept and the one that failed.
    assert len(asked) == 4


def test_going_back_is_immediate_while_nothing_new_came_and_else_fills_only_what_is_new(house: House) -> None:
    house.embed(house.footage()[1])
    house.switch(BASE)
    house.fill()
    assert house.switch(TINY) == 0
    assert house.states() == {TINY: "serving", BASE: "kept"}
    house.embed(house.footage()[1])
    assert house.switch(BASE) == 4
    assert house.states() == {TINY: "serving", BASE: "incoming"}
    house.fill()
    assert house.states() == {BASE: "serving", TINY: "kept"}


def test_a_switch_that_is_given_up_stops_its_jobs_and_can_be_taken_up_again(house: House) -> None:
    for _ in range(3):
        house.embed(house.footage()[1])
    house.switch(BASE)
    first, *_ = house.waiting()
    house.embed(first)
    house.switch(TINY)
    assert house.states() == {TINY: "serving", BASE: "kept"}
    house.fill()
    assert house.status(BASE).vectors == 4
    assert house.switch(BASE) == 8
    house.fill()
    assert house.states() == {BASE: "serving", TINY: "kept"}
    assert house.status(BASE).vectors == 12


def test_a_job_that_stopped_for_a_given_up_switch_does_not_count_for_the_next_one(house: House) -> None:
    """It saw that nobody wants its space, and the switch is taken up again before it could say so."""

    def again() -> None:
        house.switch(BASE)

    house.embed(house.footage()[1])
    house.switch(BASE)
    (job_id,) = house.waiting()
    house.switch(TINY)
    house.embed(job_id, before_finish=again)
    assert house.states() == {TINY: "serving", BASE: "incoming"}
    with psycopg.connect(house.owner) as connection:
        connection.execute("UPDATE jobs.jobs SET not_before = now() WHERE id = %s", (job_id,))
    house.fill()
    assert house.states() == {BASE: "serving", TINY: "kept"}
    assert house.status(BASE).vectors == 4


def test_a_dead_job_keeps_the_old_space_serving_and_the_switch_repeated_mends_it(house: House) -> None:
    house.embed(house.footage()[1])
    house.switch(BASE)
    (job_id,) = house.waiting()
    with psycopg.connect(house.owner) as connection:
        connection.execute("UPDATE jobs.jobs SET state = 'dead', reason = 'its model died' WHERE id = %s", (job_id,))
    house.embed(house.footage()[1])
    status = house.status(BASE)
    assert (status.state, status.dead, status.reason) == ("incoming", 1, "its model died")
    assert house.switch(BASE) == 4
    house.fill()
    assert house.states() == {BASE: "serving", TINY: "kept"}


def test_a_still_that_is_gone_is_named_and_does_not_stop_the_switch(house: House) -> None:
    _, fresh = house.footage()
    house.embed(fresh)
    house.switch(BASE)
    (job_id,) = house.waiting()
    with house.database.transaction(house.tenants[0].tenant_id) as connection:
        keys = [row["object_key"] for row in connection.execute("SELECT object_key FROM ingest.crops_read").fetchall()]
    house.colours = dict.fromkeys(sorted(keys)[1:], 7)
    house.embed(job_id)
    job = house.jobs().get(house.tenants[0].tenant_id, job_id)
    assert job is not None
    assert job.state is JobState.DONE, job.reason
    assert job.result is not None
    assert (job.result["vectors"], job.result["left_out_stills"]) == (3, sorted(keys)[:1])
    assert house.states() == {BASE: "serving", TINY: "kept"}


def test_failed_recordings_are_left_out(house: House) -> None:
    recording, job_id = house.footage()
    house.embed(job_id)
    house.tenants[0].fail(recording)
    assert house.switch(BASE) == 0
    assert house.states() == {BASE: "serving", TINY: "kept"}


def test_other_weights_under_a_known_name_take_its_place_and_their_space_can_be_filled(house: House) -> None:
    house.embed(house.footage()[1])
    newer = profile_space(Space.APPEARANCE, TINY, name="fake-appearance-tiny-2")
    bind(house.owner, [newer])
    found = {status.name: (status.state, status.image_model) for status in statuses(house.owner)}
    assert found["fake-appearance-tiny"] == ("kept", None)
    assert found["fake-appearance-tiny-2"] == ("serving", "appearance-tiny")
    assert begin_switch(house.owner, newer) == 4


def test_vectors_that_no_search_uses_can_be_dropped_after_a_minute(house: House) -> None:
    house.embed(house.footage()[1])
    house.switch(BASE)
    house.fill()
    assert drop_kept(house.owner, ["fake-appearance-tiny", "fake-appearance-base"]) == 0
    with psycopg.connect(house.owner) as connection:
        connection.execute("UPDATE embed.spaces SET since = since - interval '2 minutes'")
    assert drop_kept(house.owner, ["fake-appearance-tiny", "fake-appearance-base"]) == 4
    assert (house.status(BASE).vectors, house.status(TINY).vectors) == (4, 0)
    assert house.switch(TINY) == 4


def test_fresh_footage_is_seen_to_wait(house: House) -> None:
    spaces = PostgresSpaces(house.database)
    assert not spaces.fresh_waits()
    _, job_id = house.footage()
    assert spaces.fresh_waits()
    house.embed(job_id)
    assert not spaces.fresh_waits()
    house.switch(BASE)
    assert house.waiting()
    assert not spaces.fresh_waits()


def test_a_binding_reads_back_as_it_was_written(house: House) -> None:
    house.embed(house.footage()[1])
    house.switch(BASE, Space.SEMANTIC, dimension=768)
    assert PostgresSpaces(house.database).wanted("fake-semantic-base") == Binding(
        Space.SEMANTIC, SpaceState.INCOMING, BASE, "semantic-base", "text-base"
    )
    assert PostgresSpaces(house.database).wanted("nobody") is None
