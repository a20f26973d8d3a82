"""From what was found to an answer: values, a confidence, and sentences that cite what they rest on.

A sentence never says more than the footage that was examined: that nobody was there is said of covered time only.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import numpy as np

from contracts.question import (
    AnswerState,
    Coverage,
    Edge,
    Finding,
    Happening,
    Plan,
    QuestionKind,
    Refusal,
    Sentence,
    Verdict,
)
from services.search.model.coverage import day, length, listed
from services.search.model.found import Searched, Told
from services.search.model.phrases import (
    Speaker,
    article,
    first_or_last,
    ids,
    lowered,
    many,
    missing_words,
    past,
    told,
    verb,
    where,
)
from services.search.model.sighting import Seen, distribution, likely_range, most_together

RULED_OUT = 0.2
"""Nobody is said to have been there where the probability that somebody was is at least this."""

CLEARLY_NOT = 0.05
"""… nor where any single one may be who was asked for with at least this."""

TRACKED = 0.95
"""Share of those who pass that leave a track, as an absence must allow for: nobody is claimed absent with more."""

LATE = timedelta(seconds=3)
"""A track may begin so long after its object came and end so long before it went: who missed another by less may have
been there with them."""

_SHOWN = 10
"""So many are told one by one."""


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
        head = "No" if plan.negated else "Yes"
        if subject.together > 1:
            lead = f"{head}: {together} {many(subject, together)} were in view at the same time."
            sentences = [Sentence(text=lead, cites=ids(sure)), *(told(seen, subject, speaker) for seen in shown)]
        elif len(sure) > 1:
            did = f"{verb(subject, 2)}{where(subject, speaker)} {subject.time_words}"
            lead = f"{head}: {len(sure)} {many(subject, 2)} {did}."
            sentences = [Sentence(text=lead, cites=ids(sure)), *(told(seen, subject, speaker) for seen in shown)]
        else:
            single = told(sure[0], subject, speaker)
            sentences = [Sentence(text=f"{head}: {lowered(single.text)}", cites=single.cites)]
        return Told(
            Finding(verdict=verdict, count=len(sure), times=tuple(s.start for s in sure), camera_ids=_places(sure)),
            (*sentences, *_things(one, speaker)),
            one.any_share,
            AnswerState.ANSWERED,
            (*sure, *one.things),
        )
    if subject.together > 1 and _one_short(one):
        text = f"{together} {many(subject, together)} were in view at the same time; more may have been hidden by them."
        told_of = (Sentence(text=f"It is not sure: {text}", cites=ids(sure)), *_things(one, speaker))
        cited = (*sure, *one.things)
        return Told(Finding(verdict=Verdict.UNSURE), told_of, 0.5, AnswerState.PARTLY, cited)
    several = max(subject.together, subject.at_least) > 1
    chance = _chance_of(one)
    if chance >= RULED_OUT or one.unjudged or (not several and _doubtful(one)):
        return _unsure(one, speaker)
    verdict = Verdict.YES if plan.negated else Verdict.NO
    return Told(
        Finding(verdict=verdict, count=len(sure)),
        (_absence(one, speaker, head="Yes" if plan.negated else "No", count=len(sure)), *_things(one, speaker)),
        (1.0 - chance) * TRACKED,
        _state(one.coverage),
        (*(sure if several else ()), *one.things),
    )


def _one_short(one: Searched) -> bool:
    """Whether two or more were together and only one is lacking: who walks beside another is often hidden by them."""
    possible = [seen for seen in one.found if seen.probability >= RULED_OUT]
    return 2 <= most_together(possible, LATE) == one.subject.together - 1


def _chance_of(one: Searched) -> float:
    """The probability that as many as were asked for were there after all. Of those who must have been there at the
    same time none is taken to be ruled out who could be meant."""
    if one.subject.together > 1:
        possible = [seen for seen in one.found if seen.probability >= RULED_OUT]
        return 1.0 if most_together(possible, LATE) >= one.subject.together else 0.0
    return float(distribution([seen.probability for seen in one.found])[one.subject.at_least :].sum())


def _count(_plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    (one,) = searches
    subject, sure = one.subject, one.sure
    if not sure and _doubtful(one):
        return _unsure(one, speaker)
    shares = distribution([seen.probability for seen in one.found])
    low, high = likely_range(shares)
    count = len(sure)
    low, high = min(low, count), max(high, count)
    finding = Finding(count=count, count_low=low, count_high=high, camera_ids=_places(sure))
    if count == 0:
        sentence = _absence(one, speaker, head="None")
        told_of = (sentence, *_things(one, speaker))
        return Told(finding, told_of, (1.0 - one.any_share) * TRACKED, _state(one.coverage), one.things)
    did = verb(subject, count)
    spread = "" if low == high else f" (between {low} and {high}, as not every look is clear)"
    about = "" if low == high else "About "
    place = where(one.subject, speaker)
    partly = "" if one.coverage.complete else f" in the {length(one.coverage.examined_seconds)} of footage there is"
    lead = f"{about}{count} {many(subject, count)} {did}{place} {subject.time_words}{partly}{spread}."
    sentences = [Sentence(text=lead, cites=ids(sure))]
    per_camera = _per_camera(sure)
    if len(per_camera) > 1:
        parts = listed([f"{len(own)} at {speaker.at(camera)}" for camera, own in per_camera])
        sentences.append(
            Sentence(
                text=f"That is {parts}; who was at several cameras is counted at each.",
                cites=ids(sure),
            )
        )
    sentences += _notes(one, speaker)
    return Told(finding, tuple(sentences), float(shares[count]), _state(one.coverage), (*sure, *one.things))


def _when(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    (one,) = searches
    sure = _chosen(one.sure, plan.edge, one.subject.happening)
    if not sure:
        return _none(one, speaker)
    leaving = one.subject.happening is Happening.LEFT
    times = tuple(seen.end if leaving else seen.start for seen in sure)
    sentences = [told(seen, one.subject, speaker) for seen in sure[:_SHOWN]]
    if plan.edge is not Edge.ALL:
        sentences = [first_or_last(sentences[0], plan.edge)]
    if len(sure) > _SHOWN:
        sentences.append(Sentence(text=f"There are {len(sure) - _SHOWN} more times, cited too.", cites=ids(sure)))
    return Told(
        Finding(times=times, count=len(sure), camera_ids=_places(sure)),
        (*sentences, *_notes(one, speaker)),
        _mean(sure),
        _state(one.coverage),
        (*sure, *one.things),
    )


def _cameras(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    (one,) = searches
    if plan.edge in {Edge.MOST, Edge.FEWEST}:
        return _busiest(one, speaker, most=plan.edge is Edge.MOST)
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
                text=f"{speaker.at(camera)}:{likely} {one.subject.words} {past(one.subject)} on {on} at {times}.",
                cites=ids(own),
            )
        )
    return Told(
        Finding(camera_ids=_places(sure), times=tuple(seen.start for seen in sure), count=len(sure)),
        (*sentences, *_notes(one, speaker)),
        _mean(sure),
        _state(one.coverage),
        (*sure, *one.things),
    )


def _busiest(one: Searched, speaker: Speaker, *, most: bool) -> Told:
    """The camera that saw the most or the fewest, among those with footage; by numbers, as they were counted."""
    if not one.sure:
        return _none(one, speaker)
    looked = [camera.camera_id for camera in one.coverage.cameras if camera.examined_seconds > 0]
    own = {camera: [seen for seen in one.sure if seen.camera_id == camera] for camera in looked}
    best = (max if most else min)(len(seen) for seen in own.values())
    chosen = [camera for camera in looked if len(own[camera]) == best]
    ordered = sorted(looked, key=lambda camera: (camera not in chosen, -len(own[camera]), speaker.at(camera)))
    which = "The most" if most else "The fewest"
    names = listed([speaker.at(camera) for camera in chosen])
    lead = f"{which} {many(one.subject, 2)} {verb(one.subject, 2)} at {names} {one.subject.time_words}: {best}."
    cited = [seen for camera in chosen for seen in own[camera]]
    sentences = [Sentence(text=lead, cites=ids(cited))]
    for camera in ordered[len(chosen) :]:
        text = f"{speaker.at(camera)}: {len(own[camera])}."
        sentences.append(Sentence(text=text, cites=ids(own[camera])))
    return Told(
        Finding(count=best, camera_ids=tuple(chosen)),
        (*sentences, *_notes(one, speaker)),
        _ahead(one, chosen[0], looked, most=most) if len(chosen) == 1 else 0.5,
        _state(one.coverage),
        (*one.sure, *one.things),
    )


def _ahead(one: Searched, best: UUID, looked: Sequence[UUID], *, most: bool) -> float:
    """The probability that a camera is ahead of each other one, taken as independent."""
    shares = {
        camera: distribution([seen.probability for seen in one.found if seen.camera_id == camera]) for camera in looked
    }
    chance = 1.0
    for camera in looked:
        if camera != best:
            joint = np.outer(shares[best], shares[camera])
            chance *= float(np.tril(joint, -1).sum() if most else np.triu(joint, 1).sum())
    return chance


def _duration(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    (one,) = searches
    sure = _chosen(one.sure, plan.edge, one.subject.happening)
    if not sure:
        return _none(one, speaker)
    sentences = []
    for seen in sure[:_SHOWN]:
        long = length((seen.end - seen.start).total_seconds())
        text = (
            f"{article(one.subject.words)} was in view for {long} at {speaker.at(seen.camera_id)},"
            f" {speaker.stretch(seen.start, seen.end)}."
        )
        sentences.append(Sentence(text=text, cites=ids([seen])))
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
        (*sure, *one.things),
    )


def _list(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    (one,) = searches
    sure = _chosen(one.sure, plan.edge, one.subject.happening)
    if not sure:
        return _none(one, speaker)
    sentences = [told(seen, one.subject, speaker, described=True) for seen in sure[:_SHOWN]]
    if plan.edge is not Edge.ALL:
        sentences = [first_or_last(sentences[0], plan.edge)]
    if len(sure) > _SHOWN:
        sentences.append(Sentence(text=f"There are {len(sure) - _SHOWN} more, cited too.", cites=ids(sure)))
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
        (*sure, *one.things),
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
        f"{'Yes' if more else 'No'}: {mine} {many(one.subject, mine)}{where(one.subject, speaker)}"
        f" {one.subject.time_words},"
        f" {theirs} {many(other.subject, theirs)}{where(other.subject, speaker)} {other.subject.time_words}."
    )
    sentences = [Sentence(text=lead, cites=ids([*one.sure, *other.sure]))]
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
        single = _none(missing[0], speaker)
        sentence = Sentence(text="So which came first cannot be told.")
        return Told(
            Finding(verdict=Verdict.UNSURE),
            (*single.sentences, sentence),
            single.confidence,
            single.state,
            single.cited,
            single.why,
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
    pair = [told(seen, side.subject, speaker) for seen, side in zip(chosen, searches, strict=True)]
    lead = Sentence(text=f"{'Yes' if agrees else 'No'}: {lowered(pair[0].text)}", cites=pair[0].cites)
    complete = all(side.coverage.complete for side in searches)
    several = [side for side in searches if len(side.sure) > 1]
    notes = [
        Sentence(text=f"There were {len(side.sure)} {many(side.subject, 2)}; which one is meant is not said.")
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
    if _doubtful(one):
        return _unsure(one, speaker)
    return Told(
        Finding(count=0),
        (_absence(one, speaker, head="None"), *_notes(one, speaker)),
        (1.0 - one.any_share) * TRACKED,
        _state(one.coverage),
        one.things,
    )


def _doubtful(one: Searched) -> bool:
    """Whether somebody may have been there after all."""
    unclear = any(seen.probability >= CLEARLY_NOT for seen in one.found)
    return unclear or one.any_share >= RULED_OUT or one.unjudged > 0


def _absence(one: Searched, speaker: Speaker, *, head: str, count: int = 0) -> Sentence:
    """That nobody was there, for the time that was examined and no other."""
    subject = one.subject
    if subject.together > 1:
        what = f"there were never {subject.together} {many(subject, 2)} in view at the same time"
    elif subject.at_least > 1:
        what = f"{count or 'no'} {many(subject, count)} {verb(subject, count)}, not {subject.at_least}"
    else:
        what = f"no {subject.words} {past(subject)}"
    claim = f"{what}{where(one.subject, speaker)} {subject.time_words}"
    if one.coverage.complete:
        text = f"{head}: {claim}; all {length(one.coverage.examined_seconds)} of footage were examined."
    else:
        text = (
            f"{head}, as far as there is footage: in the {length(one.coverage.examined_seconds)} of"
            f" {length(one.coverage.asked_seconds)} that could be examined {claim}."
            f" {missing_words(one.coverage, speaker)}"
        )
    return Sentence(text=text, cites=ids(one.sure) if count else ())


def _unsure(one: Searched, speaker: Speaker) -> Told:
    likely = sorted(one.found, key=lambda seen: -seen.probability)[:3]
    sentences = []
    if likely:
        text = f"It is not sure: {many(one.subject, 2)} may have been seen, but no look at them is clear."
        sentences.append(Sentence(text=text, cites=ids(likely)))
        sentences += [
            Sentence(
                text=f"With a probability of {seen.probability:.0%}: {lowered(told(seen, one.subject, speaker).text)}",
                cites=ids([seen]),
            )
            for seen in likely
        ]
    if one.unjudged:
        text = f"{one.unjudged} tracks cannot be judged yet, as their attributes are still being made: ask again soon."
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
    notes = _things(one, speaker)
    for seen in one.cut[:3]:
        if one.subject.happening is Happening.LEFT:
            text = (
                f"{article(one.subject.words)} was still in view at {speaker.at(seen.camera_id)} when the footage"
                f" ended {speaker.moment(seen.end)}."
            )
        else:
            text = (
                f"{article(one.subject.words)} was in view at {speaker.at(seen.camera_id)} already when the footage"
                f" began {speaker.moment(seen.start)}."
            )
        notes.append(Sentence(text=text, cites=ids([seen])))
    if one.unjudged:
        text = f"{one.unjudged} more tracks cannot be told apart yet, as their attributes are still being made."
        notes.append(Sentence(text=text))
    if one.found and not one.coverage.complete:
        notes.append(Sentence(text=missing_words(one.coverage, speaker)))
    return notes


def _things(one: Searched, speaker: Speaker) -> list[Sentence]:
    """What was taken for people and left out, so that whoever reads it can look."""
    told_of = []
    for camera, own in _per_camera(one.things):
        what = "Something that was taken for a person" if len(own) == 1 else f"{len(own)} things taken for people"
        counted = "it is not counted" if len(own) == 1 else "they are not counted"
        when = speaker.stretch(own[0].start, own[0].end)
        text = f"{what} at {speaker.at(camera)} never moved, {when}: {counted}."
        told_of.append(Sentence(text=text, cites=ids(own)))
    return told_of


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


def _mean(seen: Sequence[Seen]) -> float:
    return float(np.mean([one.probability for one in seen]))


def _state(coverage: Coverage) -> AnswerState:
    return AnswerState.ANSWERED if coverage.complete else AnswerState.PARTLY
