"""From what was seen to an answer: values, a confidence, and sentences that cite what they rest on.

A sentence never says more than the footage that was examined: that nobody was there is said of covered time only.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

import numpy as np

from contracts.question import (
    MAX_CITED,
    AnswerState,
    Coverage,
    Edge,
    Finding,
    Happening,
    Period,
    Plan,
    QuestionKind,
    Refusal,
    Sentence,
    Subject,
    Verdict,
)
from services.search.model.coverage import FootageSpan, day, length, listed, span, united
from services.search.model.sighting import Seen, distribution, happened, likely_range, most_together

SURE = 0.5
"""From this probability on something counts as what was asked for."""

RULED_OUT = 0.2
"""Nobody is said to have been there where the probability that somebody was is at least this."""

TRACKED = 0.95
"""Share of those who pass that leave a track, as an absence must allow for: nobody is claimed absent with more."""

EDGE = timedelta(seconds=1.5)
"""A track that begins or ends so near to the footage's own beginning or end was cut by it."""

_SHOWN = 10
"""So many are told one by one."""


@dataclass(frozen=True)
class Searched:
    """One search of the plan, done.

    Attributes:
        found: what may be what was asked for and did what was asked, in the order of time.
        cut: what would count, had the footage not begun or ended while it was in view.
        unjudged: so many more cannot be told apart yet, as their attributes are not made.
    """

    subject: Subject
    coverage: Coverage
    found: tuple[Seen, ...]
    cut: tuple[Seen, ...] = ()
    unjudged: int = 0

    @property
    def sure(self) -> list[Seen]:
        """Those that count."""
        return [one for one in self.found if one.probability >= SURE]

    @property
    def any_share(self) -> float:
        """The probability that at least one is what was asked for."""
        return float(1.0 - np.prod([1.0 - one.probability for one in self.found])) if self.found else 0.0

    @property
    def examined(self) -> bool:
        """Whether there was any footage at all."""
        return self.coverage.examined_seconds > 0


@dataclass(frozen=True)
class Told:
    """What is found, in values and words."""

    finding: Finding
    sentences: tuple[Sentence, ...]
    confidence: float
    state: AnswerState
    cited: tuple[Seen, ...] = ()
    why: tuple[Refusal, ...] = field(default=())


@dataclass(frozen=True)
class Speaker:
    """Names and times as the answer says them."""

    names: Mapping[UUID, str]
    zone: tzinfo

    def at(self, camera_id: UUID) -> str:
        """The camera's name."""
        return self.names[camera_id]

    def moment(self, when: datetime) -> str:
        """`on 2 March 2026 at 08:14:03`."""
        local = when.astimezone(self.zone)
        return f"on {day(local)} at {local:%H:%M:%S}"

    def stretch(self, start: datetime, end: datetime) -> str:
        """`on 2 March 2026 from 08:14:03 to 08:14:20`."""
        begin, until = start.astimezone(self.zone), end.astimezone(self.zone)
        if begin.date() == until.date():
            return f"on {day(begin)} from {begin:%H:%M:%S} to {until:%H:%M:%S}"
        return f"from {day(begin)}, {begin:%H:%M:%S} to {day(until)}, {until:%H:%M:%S}"


def searched(
    subject: Subject, coverage: Coverage, candidates: Sequence[Seen], spans: Sequence[FootageSpan]
) -> Searched:
    """Which of the objects that may be meant did what was asked."""
    did = [one for one in candidates if happened(one, subject)]
    cut: list[Seen] = []
    if subject.happening in {Happening.ARRIVED, Happening.LEFT}:
        runs = {
            camera.camera_id: united(
                Period(from_time=one.start, until_time=one.end)
                for one in spans
                if one.camera_id == camera.camera_id and one.state == "ready"
            )
            for camera in coverage.cameras
        }
        cut = [one for one in did if _cut(one, subject.happening, runs.get(one.camera_id, ()))]
        did = [one for one in did if one not in cut]
    return Searched(
        subject=subject,
        coverage=coverage,
        found=tuple(one for one in did if one.judged),
        cut=tuple(one for one in cut if one.judged and one.probability >= SURE),
        unjudged=sum(not one.judged for one in did),
    )


def _cut(one: Seen, happening: Happening, runs: Sequence[Period]) -> bool:
    if happening is Happening.ARRIVED:
        return any(abs(one.start - run.from_time) <= EDGE for run in runs)
    return any(abs(one.end - run.until_time) <= EDGE for run in runs)


def tell(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    """The answer to the plan by its searches, worded by rule."""
    if not any(one.examined for one in searches) or (len(searches) > 1 and not all(one.examined for one in searches)):
        return _no_footage(searches)
    tellers: Mapping[QuestionKind, Callable[[Plan, Sequence[Searched], Speaker], Told]] = {
        QuestionKind.EXISTENCE: _existence,
        QuestionKind.COUNT: _count,
        QuestionKind.WHEN: _when,
        QuestionKind.CAMERAS: _cameras,
        QuestionKind.DURATION: _duration,
        QuestionKind.COMPARE: _compare,
        QuestionKind.ORDER: _order,
        QuestionKind.LIST: _list,
    }
    return tellers[plan.kind](plan, searches, speaker)


# Kinds of questions ---------------------------------------------------------------------------------------------------


def _existence(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    (one,) = searches
    subject, sure = one.subject, one.sure
    together = most_together(sure) if subject.together > 1 else len(sure)
    if sure and together >= max(subject.together, subject.at_least):
        verdict = Verdict.NO if plan.negated else Verdict.YES
        shown = sorted(sure, key=lambda seen: -seen.probability)[:_SHOWN]
        shown.sort(key=lambda seen: seen.start)
        many = len(sure) > 1
        head = "No" if plan.negated else "Yes"
        if subject.together > 1:
            lead = f"{head}: {together} {_many(subject, together)} were in view at the same time."
            sentences = [Sentence(text=lead, cites=_ids(sure)), *(_told(seen, subject, speaker) for seen in shown)]
        elif many:
            lead = f"{head}: {len(sure)} were seen{_where(one, speaker)} {subject.time_words}."
            sentences = [Sentence(text=lead, cites=_ids(sure)), *(_told(seen, subject, speaker) for seen in shown)]
        else:
            told = _told(sure[0], subject, speaker)
            sentences = [Sentence(text=f"{head}: {_lower(told.text)}", cites=told.cites)]
        return Told(
            Finding(verdict=verdict, count=len(sure), times=tuple(s.start for s in sure), camera_ids=_places(sure)),
            tuple(sentences),
            one.any_share,
            AnswerState.ANSWERED,
            tuple(sure),
        )
    several = max(subject.together, subject.at_least) > 1
    chance = _chance_of(one)
    if chance >= RULED_OUT or one.unjudged:
        return _unsure(one, speaker)
    verdict = Verdict.YES if plan.negated else Verdict.NO
    return Told(
        Finding(verdict=verdict, count=len(sure)),
        (_absence(one, speaker, head="Yes" if plan.negated else "No", count=len(sure)),),
        (1.0 - chance) * TRACKED,
        _state(one.coverage),
        tuple(sure) if several else (),
    )


def _chance_of(one: Searched) -> float:
    """The probability that as many as were asked for were there after all. Of those who must have been there at the
    same time none is taken to be ruled out who could be meant."""
    if one.subject.together > 1:
        possible = [seen for seen in one.found if seen.probability >= RULED_OUT]
        return 1.0 if most_together(possible) >= one.subject.together else 0.0
    return float(distribution([seen.probability for seen in one.found])[one.subject.at_least :].sum())


def _count(_plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    (one,) = searches
    subject, sure = one.subject, one.sure
    if not sure and (one.any_share >= RULED_OUT or one.unjudged):
        return _unsure(one, speaker)
    shares = distribution([seen.probability for seen in one.found])
    low, high = likely_range(shares)
    count = len(sure)
    low, high = min(low, count), max(high, count)
    finding = Finding(count=count, count_low=low, count_high=high, camera_ids=_places(sure))
    if count == 0:
        sentence = _absence(one, speaker, head="None")
        return Told(finding, (sentence,), (1.0 - one.any_share) * TRACKED, _state(one.coverage))
    verb = _verb(subject, count)
    spread = "" if low == high else f" (between {low} and {high}, as not every look is clear)"
    about = "" if low == high else "About "
    where = _where(one, speaker)
    partly = "" if one.coverage.complete else f" in the {length(one.coverage.examined_seconds)} of footage there is"
    lead = f"{about}{count} {_many(subject, count)} {verb}{where} {subject.time_words}{partly}{spread}."
    sentences = [Sentence(text=lead, cites=_ids(sure))]
    per_camera = _per_camera(sure)
    if len(per_camera) > 1:
        parts = listed([f"{len(own)} at {speaker.at(camera)}" for camera, own in per_camera])
        sentences.append(
            Sentence(
                text=f"That is {parts}; who was at several cameras is counted at each.",
                cites=_ids(sure),
            )
        )
    sentences += _notes(one, speaker)
    return Told(finding, tuple(sentences), float(shares[count]), _state(one.coverage), tuple(sure))


def _when(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    (one,) = searches
    sure = _chosen(one.sure, plan.edge, one.subject.happening)
    if not sure:
        return _none(one, speaker)
    leaving = one.subject.happening is Happening.LEFT
    times = tuple(seen.end if leaving else seen.start for seen in sure)
    sentences = [_told(seen, one.subject, speaker) for seen in sure[:_SHOWN]]
    if plan.edge is not Edge.ALL:
        sentences = [_first_or_last(sentences[0], plan.edge)]
    if len(sure) > _SHOWN:
        sentences.append(Sentence(text=f"There are {len(sure) - _SHOWN} more times, cited too.", cites=_ids(sure)))
    return Told(
        Finding(times=times, count=len(sure), camera_ids=_places(sure)),
        (*sentences, *_notes(one, speaker)),
        _mean(sure),
        _state(one.coverage),
        tuple(sure),
    )


def _cameras(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    (one,) = searches
    sure = _chosen(one.sure, plan.edge, one.subject.happening)
    if not sure:
        return _none(one, speaker)
    sentences = []
    likely = " a likely sighting, by likeness:" if one.subject.this else ""
    for camera, own in sorted(_per_camera(sure), key=lambda pair: pair[1][0].start):
        times = listed([f"{seen.start.astimezone(speaker.zone):%H:%M:%S}" for seen in own[:_SHOWN]])
        on = day(own[0].start.astimezone(speaker.zone))
        sentences.append(
            Sentence(
                text=f"{speaker.at(camera)}:{likely} {one.subject.words} {_past(one.subject)} on {on} at {times}.",
                cites=_ids(own),
            )
        )
    return Told(
        Finding(camera_ids=_places(sure), times=tuple(seen.start for seen in sure), count=len(sure)),
        (*sentences, *_notes(one, speaker)),
        _mean(sure),
        _state(one.coverage),
        tuple(sure),
    )


def _duration(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    (one,) = searches
    sure = _chosen(one.sure, plan.edge, one.subject.happening)
    if not sure:
        return _none(one, speaker)
    sentences = []
    for seen in sure[:_SHOWN]:
        long = length((seen.end - seen.start).total_seconds())
        text = (
            f"{_article(one.subject.words)} was in view for {long} at {speaker.at(seen.camera_id)},"
            f" {speaker.stretch(seen.start, seen.end)}."
        )
        sentences.append(Sentence(text=text, cites=_ids([seen])))
    return Told(
        Finding(
            seconds=max((seen.end - seen.start).total_seconds() for seen in sure),
            times=tuple(seen.start for seen in sure),
            count=len(sure),
            camera_ids=_places(sure),
        ),
        (*sentences, *_notes(one, speaker)),
        _mean(sure),
        _state(one.coverage),
        tuple(sure),
    )


def _list(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    (one,) = searches
    sure = _chosen(one.sure, plan.edge, one.subject.happening)
    if not sure:
        return _none(one, speaker)
    sentences = [_told(seen, one.subject, speaker, described=True) for seen in sure[:_SHOWN]]
    if plan.edge is not Edge.ALL:
        sentences = [_first_or_last(sentences[0], plan.edge)]
    if len(sure) > _SHOWN:
        sentences.append(Sentence(text=f"There are {len(sure) - _SHOWN} more, cited too.", cites=_ids(sure)))
    leaving = one.subject.happening is Happening.LEFT
    return Told(
        Finding(
            count=len(sure),
            times=tuple(seen.end if leaving else seen.start for seen in sure),
            camera_ids=_places(sure),
        ),
        (*sentences, *_notes(one, speaker)),
        _mean(sure),
        _state(one.coverage),
        tuple(sure),
    )


def _compare(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    one, other = searches
    mine, theirs = len(one.sure), len(other.sure)
    hours = [side.coverage.examined_seconds / 3600 for side in searches]
    even = abs(hours[0] - hours[1]) <= 0.01 * max(hours)
    uneven_coverage = not even and not (one.coverage.complete and other.coverage.complete)
    left, right = (mine / hours[0], theirs / hours[1]) if uneven_coverage else (float(mine), float(theirs))
    more = left < right if plan.negated else left > right
    verdict = Verdict.YES if more else Verdict.NO
    chance = _chance(one, other, (hours[0], hours[1]) if uneven_coverage else (1.0, 1.0), less=plan.negated)
    lead = (
        f"{'Yes' if more else 'No'}: {mine} {_many(one.subject, mine)}{_where(one, speaker)}"
        f" {one.subject.time_words},"
        f" {theirs} {_many(other.subject, theirs)}{_where(other, speaker)} {other.subject.time_words}."
    )
    sentences = [Sentence(text=lead, cites=_ids([*one.sure, *other.sure]))]
    if uneven_coverage:
        sentences.append(
            Sentence(
                text=(
                    f"The footage is uneven ({length(hours[0] * 3600)} and {length(hours[1] * 3600)}), so the numbers"
                    f" an hour are compared: {left:.1f} and {right:.1f}."
                )
            )
        )
    complete = one.coverage.complete and other.coverage.complete
    return Told(
        Finding(verdict=verdict, count=mine, other_count=theirs),
        tuple(sentences),
        chance if more else 1.0 - chance,
        AnswerState.ANSWERED if complete else AnswerState.PARTLY,
        (*one.sure, *other.sure),
    )


def _chance(one: Searched, other: Searched, hours: tuple[float, float], *, less: bool) -> float:
    """The probability that the first number an hour is larger (or smaller), by the attributes' probabilities."""
    mine, theirs = (distribution([seen.probability for seen in side.found]) for side in (one, other))
    rates = np.subtract.outer(np.arange(len(mine)) / hours[0], np.arange(len(theirs)) / hours[1])
    held = rates < 0 if less else rates > 0
    return float((np.outer(mine, theirs) * held).sum())


def _order(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    missing = [side for side in searches if not side.sure]
    if missing:
        told = _none(missing[0], speaker)
        sentence = Sentence(text="So which came first cannot be told.")
        return Told(
            Finding(verdict=Verdict.UNSURE),
            (*told.sentences, sentence),
            told.confidence,
            told.state,
            told.cited,
            told.why,
        )
    moments = []
    chosen = []
    for side, edge in zip(searches, (plan.edge, Edge.FIRST), strict=True):
        leaving = side.subject.happening is Happening.LEFT
        wanted = Edge.LAST if edge is Edge.LAST or (leaving and edge is Edge.ALL) else Edge.FIRST
        (seen,) = _chosen(side.sure, wanted, side.subject.happening)
        chosen.append(seen)
        moments.append(seen.end if leaving else seen.start)
    before = moments[0] < moments[1]
    agrees = before != plan.negated
    pair = [_told(seen, side.subject, speaker) for seen, side in zip(chosen, searches, strict=True)]
    lead = Sentence(text=f"{'Yes' if agrees else 'No'}: {_lower(pair[0].text)}", cites=pair[0].cites)
    complete = all(side.coverage.complete for side in searches)
    several = [side for side in searches if len(side.sure) > 1]
    notes = [
        Sentence(text=f"There were {len(side.sure)} {_many(side.subject, 2)}; which one is meant is not said.")
        for side in several
    ]
    return Told(
        Finding(verdict=Verdict.YES if agrees else Verdict.NO, times=tuple(moments)),
        (lead, pair[1], *notes),
        chosen[0].probability * chosen[1].probability,
        AnswerState.ANSWERED if complete else AnswerState.PARTLY,
        tuple(chosen),
    )


# Nothing found --------------------------------------------------------------------------------------------------------


def _none(one: Searched, speaker: Speaker) -> Told:
    if one.any_share >= RULED_OUT or one.unjudged:
        return _unsure(one, speaker)
    return Told(
        Finding(count=0),
        (_absence(one, speaker, head="None"), *_notes(one, speaker)),
        (1.0 - one.any_share) * TRACKED,
        _state(one.coverage),
    )


def _absence(one: Searched, speaker: Speaker, *, head: str, count: int = 0) -> Sentence:
    """That nobody was there, for the time that was examined and no other."""
    subject = one.subject
    if subject.together > 1:
        what = f"there were never {subject.together} {_many(subject, 2)} in view at the same time"
    elif subject.at_least > 1:
        what = f"{count or 'no'} {_many(subject, count)} {_verb(subject, count)}, not {subject.at_least}"
    else:
        what = f"no {subject.words} {_past(subject)}"
    claim = f"{what}{_where(one, speaker)} {subject.time_words}"
    if one.coverage.complete:
        text = f"{head}: {claim}; all {length(one.coverage.examined_seconds)} of footage were examined."
    else:
        text = (
            f"{head}, as far as there is footage: in the {length(one.coverage.examined_seconds)} of"
            f" {length(one.coverage.asked_seconds)} that could be examined {claim}."
            f" {missing_words(one.coverage, speaker)}"
        )
    return Sentence(text=text, cites=_ids(one.sure) if count else ())


def missing_words(coverage: Coverage, speaker: Speaker) -> str:
    """For which time an absence does not hold."""
    parts = []
    for camera in coverage.cameras:
        if camera.offline:
            parts.append(f"{camera.name} (no footage at all)")
        elif camera.gaps:
            gaps = [span(gap.from_time, gap.until_time, speaker.zone) for gap in camera.gaps[:3]]
            more = f" and {len(camera.gaps) - 3} more gaps" if len(camera.gaps) > 3 else ""
            parts.append(f"{camera.name} ({', '.join(gaps)}{more})")
    return f"Nothing is known of {listed(parts)}."


def _unsure(one: Searched, speaker: Speaker) -> Told:
    likely = sorted(one.found, key=lambda seen: -seen.probability)[:3]
    sentences = []
    if likely:
        text = f"It is not sure: {_many(one.subject, 2)} may have been seen, but no look at them is clear."
        sentences.append(Sentence(text=text, cites=_ids(likely)))
        sentences += [
            Sentence(
                text=f"With a probability of {seen.probability:.0%}: {_lower(_told(seen, one.subject, speaker).text)}",
                cites=_ids([seen]),
            )
            for seen in likely
        ]
    if one.unjudged:
        text = (
            f"{one.unjudged} tracks cannot be told apart yet, as their attributes are still being made: ask again soon."
        )
        sentences.append(Sentence(text=text))
    return Told(
        Finding(verdict=Verdict.UNSURE),
        tuple(sentences),
        max(one.any_share, 1.0 - one.any_share) if not one.unjudged else 0.0,
        AnswerState.PARTLY,
        tuple(likely),
    )


def _no_footage(searches: Sequence[Searched]) -> Told:
    blind = next(one for one in searches if not one.examined)
    cameras = listed([camera.name for camera in blind.coverage.cameras][:6]) or "any camera"
    waits = any(gap.cause == "processing" for camera in blind.coverage.cameras for gap in camera.gaps)
    cause = "examined footage" if waits else "footage"
    refusal = Refusal(
        code="no_footage",
        message=f"There is no {cause} of {cameras} {blind.subject.time_words}.",
        advice="Ask again when it has been processed." if waits else "Ask about another time, or upload the footage.",
    )
    return Told(
        Finding(verdict=Verdict.UNSURE),
        (Sentence(text=f"It cannot be said: there is no {cause} of {cameras} {blind.subject.time_words}."),),
        0.0,
        AnswerState.UNANSWERED,
        why=(refusal,),
    )


def _notes(one: Searched, speaker: Speaker) -> list[Sentence]:
    """What was cut off by the footage, what is not judged yet, and for which time nothing is known."""
    notes = []
    for seen in one.cut[:3]:
        if one.subject.happening is Happening.LEFT:
            text = (
                f"{_article(one.subject.words)} was still in view at {speaker.at(seen.camera_id)} when the footage"
                f" ended {speaker.moment(seen.end)}."
            )
        else:
            text = (
                f"{_article(one.subject.words)} was in view at {speaker.at(seen.camera_id)} already when the footage"
                f" began {speaker.moment(seen.start)}."
            )
        notes.append(Sentence(text=text, cites=_ids([seen])))
    if one.unjudged:
        text = f"{one.unjudged} more tracks cannot be told apart yet, as their attributes are still being made."
        notes.append(Sentence(text=text))
    if one.found and not one.coverage.complete:
        notes.append(Sentence(text=missing_words(one.coverage, speaker)))
    return notes


# Words ----------------------------------------------------------------------------------------------------------------

_PAST: Mapping[Happening, str] = {
    Happening.IN_VIEW: "was seen",
    Happening.PASSED: "passed",
    Happening.ARRIVED: "arrived",
    Happening.LEFT: "left",
}


def _past(subject: Subject) -> str:
    if subject.happening is Happening.STAYED:
        return f"stayed for {length(subject.stayed_seconds or 0)} or longer"
    return _PAST[subject.happening]


def _many(subject: Subject, count: int) -> str:
    return subject.words if count == 1 else subject.plural


def _verb(subject: Subject, count: int) -> str:
    past = _past(subject)
    return past.replace("was ", "were ") if count != 1 else past


def _told(seen: Seen, subject: Subject, speaker: Speaker, *, described: bool = False) -> Sentence:
    """One object and what it did, where and when."""
    who = _described(seen) if described else subject.words
    likely = ", by likeness," if subject.this else ""
    surely = " probably" if SURE <= seen.probability < 0.8 else ""
    camera = speaker.at(seen.camera_id)
    where = f"{subject.place} ({camera})" if subject.zone_ids else camera
    match subject.happening:
        case Happening.ARRIVED:
            did = f"arrived at {where} {speaker.moment(seen.start)}"
        case Happening.LEFT:
            did = f"left {where} {speaker.moment(seen.end)}"
        case Happening.STAYED:
            long = length((seen.end - seen.start).total_seconds())
            did = f"stayed at {where} for {long}, {speaker.stretch(seen.start, seen.end)}"
        case Happening.PASSED:
            did = f"passed {where} {speaker.stretch(seen.start, seen.end)}"
        case _:
            did = f"was seen at {where} {speaker.stretch(seen.start, seen.end)}"
    return Sentence(text=f"{_article(who)}{likely}{surely} {did}.", cites=_ids([seen]))


def _described(seen: Seen) -> str:
    """What can be said of its looks beyond what was asked, where it is sure."""
    values = seen.best.attributes
    noun = seen.best.object_class.value
    types = values.get("vehicle.type")
    if types is not None and max(types.values()) >= 0.8 and noun != "person":
        noun = max(types, key=lambda value: types[value])
    colour = values.get("vehicle.colour")
    if colour is not None and max(colour.values()) >= 0.8:
        noun = f"{max(colour, key=lambda value: colour[value])} {noun}"
    worn = []
    for name, what in (("person.upper_colour", "upper clothing"), ("person.lower_colour", "lower clothing")):
        shares = values.get(name)
        if shares is not None and max(shares.values()) >= 0.8:
            worn.append(f"{max(shares, key=lambda value: shares[value])} {what}")
    for name, what in (("person.hat", "a hat"), ("person.backpack", "a backpack"), ("person.bag", "a bag")):
        if values.get(name, {}).get("yes", 0.0) >= 0.8:
            worn.append(what)
    return f"{noun} with {listed(worn)}" if worn else noun


def _first_or_last(sentence: Sentence, edge: Edge) -> Sentence:
    which = "first" if edge is Edge.FIRST else "last"
    text = sentence.text
    for article in ("A ", "An "):
        text = text.removeprefix(article)
    return Sentence(text=f"The {which} {text}", cites=sentence.cites)


def _where(one: Searched, speaker: Speaker) -> str:
    if one.subject.zone_ids:
        return f" at {one.subject.place}"
    cameras = [speaker.at(camera) for camera in one.subject.camera_ids]
    if len(cameras) <= 3:
        return f" at {listed(cameras)}"
    return f" at any of the {len(cameras)} cameras"


def _article(words: str) -> str:
    if words.startswith("this "):
        return words[0].upper() + words[1:]
    return f"{'An' if words[0] in 'aeiou' else 'A'} {words}"


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _chosen(sure: Sequence[Seen], edge: Edge, happening: Happening) -> list[Seen]:
    """All in the order of time, or the first or last alone."""
    ordered = sorted(sure, key=lambda seen: seen.end if happening is Happening.LEFT else seen.start)
    if edge is Edge.ALL or not ordered:
        return ordered
    if edge is Edge.LAST and happening is Happening.IN_VIEW:
        return [max(ordered, key=lambda seen: (seen.end, seen.start))]
    return [ordered[0] if edge is Edge.FIRST else ordered[-1]]


def _per_camera(seen: Sequence[Seen]) -> list[tuple[UUID, list[Seen]]]:
    own: dict[UUID, list[Seen]] = {}
    for one in sorted(seen, key=lambda each: each.start):
        own.setdefault(one.camera_id, []).append(one)
    return list(own.items())


def _places(seen: Sequence[Seen]) -> tuple[UUID, ...]:
    return tuple(camera for camera, _ in _per_camera(seen))


def _ids(seen: Sequence[Seen]) -> tuple[UUID, ...]:
    return tuple(one.best.id for one in seen[:MAX_CITED])


def _mean(seen: Sequence[Seen]) -> float:
    return float(np.mean([one.probability for one in seen]))


def _state(coverage: Coverage) -> AnswerState:
    return AnswerState.ANSWERED if coverage.complete else AnswerState.PARTLY
