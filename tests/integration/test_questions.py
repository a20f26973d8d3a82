"""Questions on the real Postgres: a small part of the suite's site, what may be seen of it, and what is kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from bench.questions.judge import judge
from bench.questions.load import load
from bench.questions.site import ASKED_AT, BLOCKS, World, build_world
from bench.questions.suite import questions
from contracts.question import AnswerState, QuestionAnswer, QuestionRequest, Verdict
from contracts.vocabulary import ItemKind
from infra.cli.tenants import create_tenant
from services.search.adapters.describer import NoWordsmith
from services.search.adapters.places import GatewayPlaces
from services.search.adapters.questions import KeptAnswers, StoredSightings
from services.search.pipeline.question import Answering
from tests.databases import ServiceDatabases


class NoLikeness:
    def alike(self, *_: object) -> Mapping[UUID, float]:
        return {}


@pytest.fixture(scope="module")
def world() -> World:
    """The night of the suite: three actors pass between two and half past two."""
    return build_world(BLOCKS[2:3])


@dataclass
class House:
    tenant_id: UUID
    answering: Answering
    databases: ServiceDatabases
    world: World

    def ask(self, text: str, **more: object) -> QuestionAnswer:
        fields = {"tenant_id": self.tenant_id, "asked_at": ASKED_AT, "time_zone": "Europe/Berlin"}
        return self.answering.answer(QuestionRequest(**{**fields, "text": text, **more}))  # type: ignore[arg-type]


@pytest.fixture
def house(databases: ServiceDatabases, world: World) -> Iterator[House]:
    tenant_id = create_tenant(databases.dsn("sightline_owner"), "questions")
    opened = {role: databases.open(f"sightline_{role}") for role in ("gateway", "ingest", "embed", "search")}
    load(opened["gateway"], opened["ingest"], opened["embed"], tenant_id, world)
    answering = Answering(
        places=GatewayPlaces(opened["search"]),
        sightings=StoredSightings(opened["search"]),
        likeness=NoLikeness(),
        answers=KeptAnswers(opened["search"]),
        wordsmith=NoWordsmith(),
        new_id=uuid4,
    )
    yield House(tenant_id, answering, databases, world)
    for database in opened.values():
        database.close()


def test_nine_of_ten_of_the_suites_questions_are_answered_exactly_and_nobody_is_wrongly_called_absent(
    house: House,
) -> None:
    judged = [
        (
            question,
            judge(
                house.ask(question.text, time_zone=question.time_zone),
                question.expected,
                house.world.cameras,
                *question.also,
            ),
        )
        for question in questions(house.world)
    ]
    missed = [f"{question.text} {judgement.reason}" for question, judgement in judged if not judgement.right]
    assert len(missed) <= 0.1 * len(judged), "\n".join(missed)
    assert [question.text for question, judgement in judged if judgement.wrong_absence] == []


def test_an_absence_is_claimed_for_the_covered_time_and_no_other(house: House) -> None:
    whole = house.ask("Was anyone at the yard on Monday?")
    assert (whole.state, whole.finding.verdict) == (AnswerState.ANSWERED, Verdict.NO)
    assert whole.coverage.complete
    part = house.ask("Was anyone at the lobby door on Monday?")
    assert (part.state, part.finding.verdict) == (AnswerState.PARTLY, Verdict.NO)
    assert "22 h of 24 h" in part.sentences[0].text
    assert "14:00–16:00" in part.sentences[0].text
    assert [gap.cause for camera in part.coverage.cameras for gap in camera.gaps] == ["no_footage"]
    nothing = house.ask("Was anyone at the south gate on Monday?")
    assert (nothing.state, nothing.why[0].code) == (AnswerState.UNANSWERED, "no_footage")
    assert nothing.confidence == 0


def test_footage_that_failed_or_is_not_examined_yet_is_named_as_a_gap(house: House) -> None:
    failed = house.ask("Was anyone in the yard yesterday between 4 and 7 pm?").coverage.cameras[0]
    assert [(gap.cause, (gap.until_time - gap.from_time).total_seconds()) for gap in failed.gaps] == [("failed", 7200)]
    waiting = house.ask("Was anyone at the north gate today between 10 and 11 am?").coverage.cameras[0]
    assert [(gap.cause, (gap.until_time - gap.from_time).total_seconds()) for gap in waiting.gaps] == [
        ("processing", 3000)
    ]


def test_every_sentence_cites_hits_of_the_answer(house: House) -> None:
    answer = house.ask("How many people were at the yard yesterday?")
    known = {hit.id for hit in answer.hits}
    assert answer.finding.count == len(answer.hits) > 0
    assert set(answer.sentences[0].cites) == known
    assert all(hit.kind is ItemKind.TRACK and hit.thumbnail_key for hit in answer.hits)


def test_a_camera_that_is_not_permitted_is_the_same_as_one_that_is_not_there(house: House) -> None:
    cameras = house.world.cameras
    permitted = (cameras["north-gate"], cameras["lobby-door"])
    refused = house.ask("Was anyone at the yard yesterday?", camera_ids=permitted)
    assert refused.why[0].code == "unknown_place"
    assert "yard" not in refused.why[0].advice
    everywhere = house.ask("How many people were there yesterday?", camera_ids=permitted)
    assert {camera.camera_id for camera in everywhere.coverage.cameras} == set(permitted)
    assert {hit.camera_id for hit in everywhere.hits} <= set(permitted)
    assert house.ask("Was anyone there yesterday?", camera_ids=()).state is AnswerState.UNANSWERED


def test_another_tenant_sees_nothing(house: House) -> None:
    stranger = create_tenant(house.databases.dsn("sightline_owner"), "stranger")
    answer = house.ask("Was anyone at the yard yesterday?", tenant_id=stranger)
    assert answer.state is AnswerState.UNANSWERED
    assert answer.hits == ()


def test_an_answer_is_kept_with_the_cameras_that_it_rests_on(house: House) -> None:
    answer = house.ask("Was anyone at the yard yesterday?")
    gateway = house.databases.open("sightline_gateway")
    with gateway.transaction(house.tenant_id) as connection:
        row = connection.execute("SELECT * FROM search.answers_read WHERE id = %s", (answer.id,)).fetchone()
    gateway.close()
    assert row is not None
    assert row["camera_ids"] == [house.world.cameras["yard"]]
    assert msgspec.convert(row["answer"], QuestionAnswer) == answer


def _fired(house: House, camera: str, name: str, begin: datetime, *, armed: bool = True) -> UUID:
    """An event of a loitering rule of a whole view."""
    owner = house.databases.open("sightline_owner")
    with owner.transaction(house.tenant_id) as connection:
        where = (house.tenant_id, house.world.cameras[camera])
        rule = connection.execute(
            "INSERT INTO gateway.rules (tenant_id, camera_id, name, kind, parameters, armed)"
            " VALUES (%s, %s, %s, 'loitering', '{\"seconds\": 30}', %s) RETURNING id",
            (*where, name, armed),
        ).fetchone()
        assert rule is not None
        event_id = uuid4()
        connection.execute(
            "INSERT INTO search.events (id, revision, tenant_id, camera_id, rule_id, rule_version, kind, key,"
            " started_at, ended_at, track_ids, object_class, x, y, confidence)"
            " VALUES (%s, 1, %s, %s, %s, 1, 'loitering', %s, %s, %s, '{}', 'person', 0.5, 0.5, 0.9)",
            (event_id, *where, rule["id"], name, begin, begin + timedelta(seconds=40)),
        )
    owner.close()
    return event_id


def test_the_events_of_armed_rules_are_cited_within_the_asked_time_and_place(house: House) -> None:
    begin = datetime(2026, 3, 3, 1, 10, tzinfo=UTC)
    night = _fired(house, "yard", "night watch", begin)
    _fired(house, "yard", "the day before", begin - timedelta(days=1))
    _fired(house, "yard", "not armed", begin, armed=False)
    _fired(house, "lobby-door", "elsewhere", begin)
    answer = house.ask("Was anyone loitering in the yard yesterday?")
    told = [sentence for sentence in answer.sentences if sentence.event_ids]
    assert [sentence.event_ids for sentence in told] == [(night,)]
    assert told[0].text == (
        'The rule "night watch" (yard, 30 s or longer) fired once in that time, on 3 March 2026 at 02:10:00.'
    )
    assert not any(sentence.event_ids for sentence in house.ask("Was anyone in the yard yesterday?").sentences)


def test_old_answers_are_forgotten_and_younger_ones_kept(house: House) -> None:
    old, young = (house.ask("Was anyone at the yard yesterday?").id for _ in range(2))
    database = house.databases.open("sightline_owner")
    with database.transaction(house.tenant_id) as connection:
        connection.execute("UPDATE search.answers SET created_at = now() - interval '91 days' WHERE id = %s", (old,))
    search = house.databases.open("sightline_search")
    assert KeptAnswers(search).forget(timedelta(days=90)) >= 1
    with search.transaction(house.tenant_id) as connection:
        left = {row["id"] for row in connection.execute("SELECT id FROM search.answers").fetchall()}
    assert (old in left, young in left) == (False, True)
    for opened in (database, search):
        opened.close()
