"""From sightings to answers: what is covered, what is one object, how sure, and who words it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events import EventKind
from contracts.question import (
    AnswerState,
    CitedHit,
    Happening,
    Period,
    QuestionAnswer,
    QuestionRequest,
    Subject,
    Verdict,
    WishedAttribute,
    Wording,
)
from contracts.vocabulary import ItemKind, ObjectClass
from services.search.model.coverage import (
    FootageSpan,
    camera_coverage,
    common,
    coverage_of,
    seconds_of,
    united,
    without,
)
from services.search.model.errors import BadRequestError
from services.search.model.filters import Zone
from services.search.model.rules_told import Fired
from services.search.model.sighting import (
    DrawnLine,
    Sighting,
    distribution,
    folded,
    likely_range,
    objects,
    within_zones,
)
from services.search.model.wording import says_the_same
from services.search.pipeline.question import Answering
from services.search.ports.places import KnownCamera

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NOW = START + timedelta(hours=10)
LOBBY, GATE = UUID(int=1), UUID(int=2)
TENANT = UUID(int=9)


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def period(begin: float, end: float) -> Period:
    return Period(from_time=after(begin), until_time=after(end))


def walk(seconds: float, left: float, speed: float) -> tuple[tuple[float, float, float, float, float], ...]:
    """Somebody a tenth of the view wide who goes to the right."""
    steps = [number / 4 for number in range(int(seconds * 4) + 1)]
    return tuple((at, left + speed * at, 0.4, left + speed * at + 0.1, 0.8) for at in steps)


def sighting(minute: float, seconds: float = 5, **more: object) -> Sighting:
    fields = {
        "id": uuid4(),
        "camera_id": LOBBY,
        "recording_id": UUID(int=5),
        "object_class": ObjectClass.PERSON,
        "started_at": after(minute),
        "ended_at": after(minute) + timedelta(seconds=seconds),
        "attributes": {},
        "thumbnail_key": "sha256/aa",
    }
    return Sighting(**{**fields, **more})  # type: ignore[arg-type]


# Coverage -------------------------------------------------------------------------------------------------------------

minutes = st.lists(st.tuples(st.integers(0, 500), st.integers(2, 60)), max_size=8)


@given(minutes, minutes)
def test_time_is_either_common_or_left_over_and_never_both(
    some: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    asked = united(period(begin, begin + long) for begin, long in some)
    had = united(period(begin, begin + long) for begin, long in others)
    both, left = common(asked, had), without(asked, had)
    assert seconds_of(both) + seconds_of(left) == pytest.approx(seconds_of(asked))
    assert common(both, left) == ()


def test_footage_that_is_missing_failed_or_waiting_is_a_gap_with_its_cause() -> None:
    spans = [
        FootageSpan(LOBBY, after(0), after(60), "ready"),
        FootageSpan(LOBBY, after(60), after(120), "failed"),
        FootageSpan(LOBBY, after(120), after(150), "ready"),
        FootageSpan(LOBBY, after(120), after(180), "processing"),
        FootageSpan(GATE, after(0), after(240), "ready"),
    ]
    covered = camera_coverage(LOBBY, "lobby", [period(0, 240)], spans)
    assert covered.examined_seconds == 90 * 60
    assert [(gap.cause, (gap.until_time - gap.from_time).total_seconds() / 60) for gap in covered.gaps] == [
        ("failed", 60),
        ("processing", 30),
        ("no_footage", 60),
    ]
    assert not covered.offline


def test_a_camera_without_footage_is_offline_and_named() -> None:
    spans = [FootageSpan(GATE, after(0), after(60), "ready")]
    coverage = coverage_of({LOBBY: "lobby", GATE: "gate"}, [period(0, 60)], spans, UTC)
    assert [camera.name for camera in coverage.cameras if camera.offline] == ["lobby"]
    assert "No footage at all of lobby." in coverage.text
    assert "1 h of 2 h" in coverage.text
    assert not coverage.complete


# One object -----------------------------------------------------------------------------------------------------------


def test_a_track_that_goes_on_where_another_was_going_is_the_same_object() -> None:
    first = sighting(0, 4, path=walk(4, 0.1, 0.1))
    again = sighting(0, 4, started_at=after(0) + timedelta(seconds=6), path=walk(4, 0.7, 0.1))
    assert len(folded([first, again])) == 1
    elsewhere = replace(again, id=uuid4(), path=walk(4, 0.1, 0.1))
    assert len(folded([first, elsewhere])) == 2
    later = replace(again, id=uuid4(), started_at=after(0) + timedelta(seconds=30))
    assert len(folded([first, later])) == 2
    assert len(folded([first, replace(again, camera_id=GATE)])) == 2


def test_two_who_surely_look_different_are_two() -> None:
    first = sighting(0, 4, path=walk(4, 0.1, 0.1), attributes={"person.upper_colour": {"red": 0.95, "blue": 0.05}})
    other = sighting(
        0,
        4,
        started_at=after(0) + timedelta(seconds=6),
        path=walk(4, 0.7, 0.1),
        attributes={"person.upper_colour": {"red": 0.05, "blue": 0.95}},
    )
    assert len(folded([first, other])) == 2


def test_what_stands_still_through_two_recordings_is_one() -> None:
    first = sighting(0, 60, path=walk(60, 0.4, 0.0), object_class=ObjectClass.CAR)
    again = sighting(1.1, 60, path=walk(60, 0.4, 0.0), object_class=ObjectClass.CAR)
    assert len(folded([first, again])) == 1


def test_stays_in_a_zone_are_sightings_of_their_own() -> None:
    zone = Zone(UUID(int=7), "mat", LOBBY, [(0.3, 0.0), (0.5, 0.0), (0.5, 1.0), (0.3, 1.0)])
    track = sighting(0, 8, path=walk(8, 0.0, 0.1))
    (inside,) = within_zones([track, replace(track, id=uuid4(), camera_id=GATE)], [zone])
    assert (inside.started_at - after(0)).total_seconds() == pytest.approx(2.5, abs=0.01)
    assert (inside.ended_at - after(0)).total_seconds() == pytest.approx(4.5, abs=0.01)


@given(st.lists(st.floats(0, 1), max_size=12))
def test_the_likely_range_of_a_count_holds_its_expectation(shares: list[float]) -> None:
    numbers = distribution(shares)
    assert numbers.sum() == pytest.approx(1)
    low, high = likely_range(numbers)
    assert low <= sum(shares) + 1
    assert high >= sum(shares) - 1
    assert numbers[low : high + 1].sum() >= 0.95 - 1e-9


def test_a_track_whose_attributes_are_not_made_yet_is_not_judged() -> None:
    red = Subject(
        words="person",
        plural="people",
        classes=(ObjectClass.PERSON,),
        attributes=(WishedAttribute(attribute="person.upper_colour", value="red"),),
    )
    (seen,) = objects([sighting(0)], red)
    assert not seen.judged


# Answers --------------------------------------------------------------------------------------------------------------


@dataclass
class Memory:
    """One lobby, one gate; what was seen and which footage there is."""

    seen: list[Sighting] = field(default_factory=list)
    spans: list[FootageSpan] = field(
        default_factory=lambda: [FootageSpan(camera, after(0), after(240), "ready") for camera in (LOBBY, GATE)]
    )
    kept: list[tuple[QuestionAnswer, Sequence[UUID]]] = field(default_factory=list)
    drawn: list[DrawnLine] = field(default_factory=list)
    shapes: list[Zone] = field(default_factory=list)
    rules: dict[EventKind, list[Fired]] = field(default_factory=dict)
    written: str | None = None
    certainty: str | None = None

    def cameras(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> Sequence[KnownCamera]:
        known = [KnownCamera(LOBBY, "lobby", "", "UTC"), KnownCamera(GATE, "main gate", "", "UTC")]
        return [camera for camera in known if permitted is None or camera.camera_id in permitted]

    def zones(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> Sequence[Zone]:
        return self.shapes

    def footage_span(self, tenant_id: UUID, permitted: Sequence[UUID] | None) -> tuple[datetime, datetime] | None:
        return (after(0), after(240)) if self.spans else None

    def footage(
        self, _tenant: UUID, camera_ids: Sequence[UUID], _from: datetime, _until: datetime
    ) -> list[FootageSpan]:
        return [span for span in self.spans if span.camera_id in camera_ids]

    def sightings(
        self,
        _tenant: UUID,
        camera_ids: Sequence[UUID],
        from_time: datetime,
        until_time: datetime,
        classes: Sequence[ObjectClass],
        *,
        most: int,
    ) -> list[Sighting]:
        return [one for one in self.seen if one.camera_id in camera_ids and one.started_at < until_time][:most]

    def standing(
        self, _tenant: UUID, camera_ids: Sequence[UUID], from_time: datetime, until_time: datetime, least: timedelta
    ) -> list[Sighting]:
        around = [one for one in self.seen if one.started_at < until_time and one.ended_at >= from_time]
        return [one for one in around if one.camera_id in camera_ids and one.ended_at - one.started_at >= least]

    def lines(self, _tenant: UUID, permitted: Sequence[UUID] | None) -> Sequence[DrawnLine]:
        return self.drawn

    def fired(self, _tenant: UUID, kind: EventKind, subject: Subject) -> list[Fired]:
        return [one for one in self.rules.get(kind, []) if one.camera_id in subject.camera_ids]

    def scenes(self, _tenant: UUID, _cameras: Sequence[UUID], _from: datetime, _until: datetime) -> list[CitedHit]:
        return []

    def alike(self, *_: object) -> Mapping[UUID, float]:
        return {one.id: one.likeness or 0.0 for one in self.seen}

    def keep(self, _tenant: UUID, answer: QuestionAnswer, camera_ids: Sequence[UUID]) -> None:
        self.kept.append((answer, camera_ids))

    def look(self, _key: str, _words: str) -> str | None:
        return self.certainty

    def word(self, _key: str, _sentence: str) -> str | None:
        return self.written

    def ask(self, text: str, **more: object) -> QuestionAnswer:
        answering = Answering(self, self, self, self, self, uuid4)
        fields: dict[str, object] = {"tenant_id": TENANT, "text": text, "asked_at": NOW}
        return answering.answer(QuestionRequest(**{**fields, **more}))  # type: ignore[arg-type]


def test_who_crosses_a_line_or_enters_a_zone_is_counted_there_and_not_in_the_rest_of_the_view() -> None:
    crossing = sighting(30, 8, path=walk(8, 0.0, 0.1))
    beside = sighting(40, 2, path=walk(2, 0.7, 0.1))
    memory = Memory(
        [crossing, beside],
        drawn=[DrawnLine(UUID(int=70), "door line", LOBBY, [(0.4, 0.0), (0.4, 1.0)])],
        shapes=[Zone(UUID(int=71), "welcome mat", LOBBY, [(0.3, 0.0), (0.5, 0.0), (0.5, 1.0), (0.3, 1.0)])],
    )
    over = memory.ask("How many people crossed the door line today between 8 and 12?")
    assert over.finding.count == 1
    assert over.hits[0].started_at == pytest.approx(after(30) + timedelta(seconds=3.5), abs=timedelta(seconds=0.1))
    entered = memory.ask("When did a person enter the welcome mat today between 8 and 12?")
    assert [time.second for time in entered.finding.times] == [2]
    assert "arrived at welcome mat (lobby)" in entered.sentences[0].text
    assert memory.ask("How many people were in the lobby today between 8 and 12?").finding.count == 2


def test_nobody_is_claimed_absent_where_footage_is_missing() -> None:
    memory = Memory(spans=[FootageSpan(LOBBY, after(0), after(190), "ready")])
    answer = memory.ask("Was anyone in the lobby today between 8 and 12?")
    assert (answer.state, answer.finding.verdict) == (AnswerState.PARTLY, Verdict.NO)
    assert "3 h 10 min of 4 h" in answer.sentences[0].text
    assert "11:10–12:00" in answer.sentences[0].text
    nothing = Memory(spans=[]).ask("Was anyone in the lobby today between 8 and 12?")
    assert (nothing.state, nothing.finding.verdict) == (AnswerState.UNANSWERED, Verdict.UNSURE)


def test_a_doubtful_sighting_is_neither_a_yes_nor_an_absence() -> None:
    colours = {"person.upper_colour": {"red": 0.4, "blue": 0.6}}
    answer = Memory([sighting(30, attributes=colours)]).ask("Was a person with a red jacket in the lobby today?")
    assert answer.finding.verdict is Verdict.UNSURE
    assert "40%" in answer.sentences[1].text
    assert len(answer.hits) == 1


def test_a_count_by_unsure_looks_has_a_range() -> None:
    looks = {"person.hat": {"yes": 0.8, "no": 0.2}}
    memory = Memory([sighting(number * 5, attributes=looks) for number in range(10)])
    answer = memory.ask("How many people with a hat were in the lobby today between 8 and 12?")
    finding = answer.finding
    assert finding.count == 10
    assert finding.count_low is not None
    assert finding.count_low < 8
    assert answer.sentences[0].text.startswith("About 10 people with a hat")


def test_the_busiest_hour_is_the_one_with_the_most_and_the_quietest_one_that_was_examined() -> None:
    memory = Memory(
        [sighting(5), sighting(70), sighting(80), sighting(190)],
        spans=[FootageSpan(LOBBY, after(0), after(180), "ready"), FootageSpan(LOBBY, after(185), after(240), "ready")],
    )
    busiest = memory.ask("What was the busiest hour in the lobby today between 8 and 12?")
    assert (busiest.finding.times, busiest.finding.count) == ((after(60),), 2)
    assert "09:00\u201310:00" in busiest.sentences[0].text
    quietest = memory.ask("Which hour was the quietest in the lobby today between 8 and 12?")
    assert (quietest.finding.times, quietest.finding.count) == ((after(120),), 0)
    empty = memory.ask("Which hours had nobody in the lobby today between 8 and 13?")
    assert empty.finding.times == (after(120),)
    assert empty.state is AnswerState.PARTLY


def test_an_hour_in_which_somebody_may_have_been_is_not_called_empty() -> None:
    looks = {"person.hat": {"yes": 0.1, "no": 0.9}}
    answer = Memory([sighting(70, attributes=looks)]).ask(
        "Which hours had no people with a hat today between 8 and 10?"
    )
    assert answer.finding.times == (after(0),)


def test_cameras_that_saw_nobody_are_named_where_there_is_footage_of_them() -> None:
    answer = Memory([sighting(30)]).ask("Which cameras saw nobody today between 8 and 12?")
    assert answer.finding.camera_ids == (GATE,)
    assert answer.sentences[0].text.startswith("No people were seen at main gate")
    blind = Memory([sighting(30)], spans=[FootageSpan(LOBBY, after(0), after(240), "ready")])
    assert blind.ask("Which cameras saw nobody today between 8 and 12?").finding.camera_ids == ()


def test_the_most_at_one_moment_is_told_with_the_moment() -> None:
    memory = Memory([sighting(10, 60), sighting(10.5, 60, path=walk(60, 0.8, -0.01)), sighting(60, 60)])
    answer = memory.ask("What is the most people we had in the lobby at once today?")
    assert answer.finding.count == 2
    assert answer.finding.times == (after(10.5),)


def test_which_of_both_were_more_is_told_by_name() -> None:
    car = sighting(20, object_class=ObjectClass.CAR)
    answer = Memory([sighting(30), sighting(60), car]).ask("Were there more cars or people in the lobby today?")
    assert answer.finding.verdict is None
    assert (answer.finding.count, answer.finding.other_count) == (1, 2)
    assert answer.sentences[0].text.startswith("More: 2 people")


def test_a_stay_that_lasted_too_long_does_not_count_as_a_short_one() -> None:
    memory = Memory([sighting(10, 200), sighting(60, 20)])
    answer = memory.ask("How many people stayed less than a minute in the lobby today?")
    assert answer.finding.count == 1


def test_what_an_armed_rule_found_is_cited_beside_an_answer_that_asks_for_just_that() -> None:
    events = (uuid4(), uuid4())
    rule = Fired("Night watch", LOBBY, "mat", 60.0, 2, after(20), events)
    memory = Memory([sighting(30, 90)], rules={EventKind.LOITERING: [rule]})
    loitering = memory.ask("Was anyone loitering in the lobby today?")
    assert loitering.sentences[-1].event_ids == events
    assert loitering.sentences[-1].text.startswith(
        'The rule "Night watch" (mat (lobby), 1 min or longer) fired 2 times'
    )
    assert not any(sentence.event_ids for sentence in memory.ask("Was anyone in the lobby today?").sentences)
    looks = memory.ask("Was anyone with a hat loitering in the lobby today?")
    assert not any(sentence.event_ids for sentence in looks.sentences)
    assert not any(s.event_ids for s in memory.ask("Was anyone loitering at the main gate today?").sentences)


def test_an_unclear_way_through_the_picture_is_neither_counted_nor_an_absence() -> None:
    right = Memory([sighting(30, 4, path=walk(4, 0.1, 0.1))])
    assert right.ask("How many people went right in the lobby today?").finding.count == 1
    assert right.ask("Did anyone walk left in the lobby today?").finding.verdict is Verdict.NO
    assert right.ask("Did anyone walk towards the camera in the lobby today?").finding.verdict is Verdict.UNSURE


def test_who_was_there_when_the_footage_began_has_not_arrived() -> None:
    memory = Memory([sighting(0, 30), sighting(60, 30)])
    answer = memory.ask("When did a person enter the lobby today?")
    assert answer.finding.times == (after(60),)
    assert any("already when the footage began" in sentence.text for sentence in answer.sentences)


def test_likeness_is_never_told_as_identity() -> None:
    memory = Memory([sighting(30, likeness=0.9), sighting(40, camera_id=GATE, likeness=0.1)])
    answer = memory.ask("Which cameras saw this person today?", track_id=uuid4())
    assert answer.finding.camera_ids == (LOBBY,)
    assert all("by likeness" in sentence.text for sentence in answer.sentences if sentence.cites)


def test_an_answer_rests_on_the_cameras_that_it_examined_and_a_refusal_on_all_that_it_may_name() -> None:
    memory = Memory()
    memory.ask("Was anyone in the lobby today?")
    assert list(memory.kept[-1][1]) == [LOBBY]
    memory.ask("Was anyone in the cellar today?")
    assert list(memory.kept[-1][1]) == [LOBBY, GATE]


def test_an_empty_question_and_an_unknown_time_zone_are_bad_requests() -> None:
    with pytest.raises(BadRequestError, match="empty"):
        Memory().ask("  ")
    with pytest.raises(BadRequestError, match="IANA"):
        Memory().ask("Was anyone there?", time_zone="Berlin")


# Wording --------------------------------------------------------------------------------------------------------------


def test_the_models_words_stand_where_they_say_the_same() -> None:
    memory = Memory([sighting(30)], certainty="clear")
    rule = memory.ask("Was anyone in the lobby today?").sentences[0].text
    assert rule == "Yes: a person was seen at lobby on 2 March 2026 from 08:30:00 to 08:30:05."
    memory.written = "Yes, the lobby shows a person seen from 08:30:00 to 08:30:05 on 2 March 2026."
    answer = memory.ask("Was anyone in the lobby today?", wording=Wording.MODEL)
    assert answer.worded_by is Wording.MODEL
    assert answer.sentences[0].text == memory.written
    assert answer.hits[0].verified == "clear"


@pytest.mark.parametrize(
    "written",
    [
        "Yes: a person was seen at lobby on 2 March 2026 from 08:30:00 to 08:35:05.",
        "No: a person was not seen at lobby on 2 March 2026 from 08:30:00 to 08:30:05.",
        "Yes: a person was seen at main gate on 2 March 2026 from 08:30:00 to 08:30:05.",
        "Yes: a person with a hat was seen at lobby on 2 March 2026 from 08:30:00 to 08:30:05.",
        "Yes: two people were seen at lobby on 2 March 2026 from 08:30:00 to 08:30:05.",
        "",
    ],
)
def test_the_models_words_fall_where_a_number_a_name_or_a_claim_is_another(written: str) -> None:
    memory = Memory([sighting(30)], written=written)
    answer = memory.ask("Was anyone in the lobby today?", wording=Wording.MODEL)
    assert answer.worded_by is Wording.RULE
    assert answer.sentences[0].text.startswith("Yes: a person was seen at lobby")


@given(st.text(alphabet="0123456789: ", max_size=30))
def test_no_change_of_a_number_goes_through(tail: str) -> None:
    rule = "3 people passed lobby at 08:14:03."
    if tail.strip(" :"):
        assert not says_the_same(f"{rule} {tail}", rule, ["lobby"])


def test_cited_hits_of_an_answer_are_tracks_with_their_folded_parts() -> None:
    first = sighting(30, 4, path=walk(4, 0.1, 0.1))
    again = sighting(30, 4, started_at=after(30) + timedelta(seconds=6), path=walk(4, 0.7, 0.1))
    again = replace(again, ended_at=again.started_at + timedelta(seconds=4))
    answer = Memory([first, again]).ask("How many people passed the lobby today between 8 and 12?")
    assert answer.finding.count == 1
    (hit,) = answer.hits
    assert hit.kind is ItemKind.TRACK
    assert {hit.id, *hit.folded} == {first.id, again.id}
    assert answer.plan is not None
    assert answer.plan.subjects[0].happening is Happening.PASSED


def standing(start: float, hours: float, *, seed: int = 0) -> Sighting:
    path = tuple((60.0 * minute, 0.4, 0.2, 0.5, 0.6) for minute in range(int(60 * hours) + 1))
    return replace(sighting(start, 3600 * hours, path=path), id=UUID(int=900 + seed))


def test_what_never_moves_for_an_hour_is_no_person_and_that_is_told_with_its_picture() -> None:
    bollard = standing(0, 2)
    answer = Memory([bollard]).ask("Was anyone in the lobby today?")
    assert answer.finding.verdict is Verdict.NO
    assert [hit.id for hit in answer.hits] == [bollard.id]
    assert "never moved" in answer.sentences[-1].text


def test_who_stands_still_for_some_minutes_is_a_person() -> None:
    answer = Memory([standing(0, 0.5)]).ask("Was anyone in the lobby today?")
    assert answer.finding.verdict is Verdict.YES


def test_a_thing_that_was_lost_and_found_again_is_the_same_thing() -> None:
    answer = Memory([standing(0, 1.5), standing(120, 0.1, seed=1)]).ask("How many people were in the lobby today?")
    assert answer.finding.count == 0


def test_nobody_is_ruled_out_of_whom_one_may_be_it() -> None:
    hat = {"person.hat": {"no": 0.9, "yes": 0.1}}
    answer = Memory([sighting(10, 8, attributes=hat)]).ask("Was anyone with a hat in the lobby today?")
    assert answer.finding.verdict is Verdict.UNSURE


def test_a_third_who_may_be_hidden_by_two_is_not_ruled_out() -> None:
    apart = [walk(8, 0.0, 0.1), walk(8, 0.6, 0.05)]
    memory = Memory([replace(sighting(30, 8, path=path), id=UUID(int=50 + n)) for n, path in enumerate(apart)])
    answer = memory.ask("Were three people in the lobby at the same time today?")
    assert answer.finding.verdict is Verdict.UNSURE
    assert "hidden" in answer.sentences[0].text
