"""From what was found to an answer: values, a confidence, and sentences that cite what they rest on.

A sentence never says more than the footage that was examined: that nobody was there is said of covered time only.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from contracts.question import (
    AnswerState,
    Edge,
    Finding,
    Happening,
    Plan,
    QuestionKind,
    Sentence,
    Verdict,
)
from services.search.model.answer_both import compare, order
from services.search.model.answer_most import busiest_cameras, most_at_once, slots, unvisited_cameras
from services.search.model.answer_none import (
    RULED_OUT,
    TRACKED,
    absence,
    doubtful,
    no_footage,
    none,
    notes,
    things,
    unsure,
)
from services.search.model.coverage import day, length, listed
from services.search.model.found import SHOWN, Searched, Told, chosen, mean, per_camera, places_of, state_of
from services.search.model.phrases import (
    Speaker,
    article,
    first_or_last,
    ids,
    lowered,
    many,
    past,
    told,
    verb,
    where,
)
from services.search.model.sighting import distribution, likely_range, most_together

LATE = timedelta(seconds=3)
"""A track may begin so long after its object came and end so long before it went: who missed another by less may have
been there with them."""


def tell(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    """The answer to the plan by its searches, worded by rule."""
    if not any(one.examined for one in searches) or (len(searches) > 1 and not all(one.examined for one in searches)):
        return no_footage(searches)
    tellers: Mapping[QuestionKind, Callable[[Plan, Sequence[Searched], Speaker], Told]] = {
        QuestionKind.EXISTENCE: _existence,
        QuestionKind.COUNT: _count,
        QuestionKind.WHEN: _when,
        QuestionKind.CAMERAS: _cameras,
        QuestionKind.DURATION: _duration,
        QuestionKind.COMPARE: compare,
        QuestionKind.ORDER: order,
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
        shown = sorted(sure, key=lambda seen: -seen.probability)[:SHOWN]
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
            Finding(verdict=verdict, count=len(sure), times=tuple(s.start for s in sure), camera_ids=places_of(sure)),
            (*sentences, *things(one, speaker)),
            one.any_share,
            AnswerState.ANSWERED,
            (*sure, *one.things),
        )
    if subject.together > 1 and _one_short(one):
        text = f"{together} {many(subject, together)} were in view at the same time; more may have been hidden by them."
        told_of = (Sentence(text=f"It is not sure: {text}", cites=ids(sure)), *things(one, speaker))
        cited = (*sure, *one.things)
        return Told(Finding(verdict=Verdict.UNSURE), told_of, 0.5, AnswerState.PARTLY, cited)
    several = max(subject.together, subject.at_least) > 1
    chance = _chance_of(one)
    if chance >= RULED_OUT or one.unjudged or (not several and doubtful(one)):
        return unsure(one, speaker)
    verdict = Verdict.YES if plan.negated else Verdict.NO
    return Told(
        Finding(verdict=verdict, count=len(sure)),
        (absence(one, speaker, head="Yes" if plan.negated else "No", count=len(sure)), *things(one, speaker)),
        (1.0 - chance) * TRACKED,
        state_of(one.coverage),
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


def _count(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    (one,) = searches
    if plan.edge is Edge.MOST:
        return most_at_once(one, speaker)
    subject, sure = one.subject, one.sure
    if not sure and doubtful(one):
        return unsure(one, speaker)
    shares = distribution([seen.probability for seen in one.found])
    low, high = likely_range(shares)
    count = len(sure)
    low, high = min(low, count), max(high, count)
    finding = Finding(count=count, count_low=low, count_high=high, camera_ids=places_of(sure))
    if count == 0:
        sentence = absence(one, speaker, head="None")
        told_of = (sentence, *things(one, speaker))
        return Told(finding, told_of, (1.0 - one.any_share) * TRACKED, state_of(one.coverage), one.things)
    did = verb(subject, count)
    spread = "" if low == high else f" (between {low} and {high}, as not every look is clear)"
    about = "" if low == high else "About "
    place = where(one.subject, speaker)
    partly = "" if one.coverage.complete else f" in the {length(one.coverage.examined_seconds)} of footage there is"
    lead = f"{about}{count} {many(subject, count)} {did}{place} {subject.time_words}{partly}{spread}."
    sentences = [Sentence(text=lead, cites=ids(sure))]
    cameras = per_camera(sure)
    if len(cameras) > 1:
        parts = listed([f"{len(own)} at {speaker.at(camera)}" for camera, own in cameras])
        sentences.append(
            Sentence(
                text=f"That is {parts}; who was at several cameras is counted at each.",
                cites=ids(sure),
            )
        )
    sentences += notes(one, speaker)
    return Told(finding, tuple(sentences), float(shares[count]), state_of(one.coverage), (*sure, *one.things))


def _when(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    if plan.by is not None:
        return slots(plan, searches, speaker)
    (one,) = searches
    sure = chosen(one.sure, plan.edge, one.subject.happening)
    if not sure:
        return none(one, speaker)
    leaving = one.subject.happening is Happening.LEFT
    times = tuple(seen.end if leaving else seen.start for seen in sure)
    sentences = [told(seen, one.subject, speaker) for seen in sure[:SHOWN]]
    if plan.edge is not Edge.ALL:
        sentences = [first_or_last(sentences[0], plan.edge)]
    if len(sure) > SHOWN:
        sentences.append(Sentence(text=f"There are {len(sure) - SHOWN} more times, cited too.", cites=ids(sure)))
    return Told(
        Finding(times=times, count=len(sure), camera_ids=places_of(sure)),
        (*sentences, *notes(one, speaker)),
        mean(sure),
        state_of(one.coverage),
        (*sure, *one.things),
    )


def _cameras(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    (one,) = searches
    if plan.negated:
        return unvisited_cameras(one, speaker)
    if plan.edge in {Edge.MOST, Edge.FEWEST}:
        return busiest_cameras(one, speaker, most=plan.edge is Edge.MOST)
    sure = chosen(one.sure, plan.edge, one.subject.happening)
    if not sure:
        return none(one, speaker)
    sentences = []
    likely = " a likely sighting, by likeness:" if one.subject.this else ""
    for camera, own in sorted(per_camera(sure), key=lambda pair: pair[1][0].start):
        times = listed([f"{seen.start.astimezone(speaker.zone):%H:%M:%S}" for seen in own[:SHOWN]])
        on = day(own[0].start.astimezone(speaker.zone))
        sentences.append(
            Sentence(
                text=f"{speaker.at(camera)}:{likely} {one.subject.words} {past(one.subject)} on {on} at {times}.",
                cites=ids(own),
            )
        )
    return Told(
        Finding(camera_ids=places_of(sure), times=tuple(seen.start for seen in sure), count=len(sure)),
        (*sentences, *notes(one, speaker)),
        mean(sure),
        state_of(one.coverage),
        (*sure, *one.things),
    )


def _duration(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    (one,) = searches
    sure = chosen(one.sure, plan.edge, one.subject.happening)
    if not sure:
        return none(one, speaker)
    sentences = []
    for seen in sure[:SHOWN]:
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
            camera_ids=places_of(sure),
        ),
        (*sentences, *notes(one, speaker)),
        mean(sure),
        state_of(one.coverage),
        (*sure, *one.things),
    )


def _list(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    (one,) = searches
    sure = chosen(one.sure, plan.edge, one.subject.happening)
    if not sure:
        return none(one, speaker)
    sentences = [told(seen, one.subject, speaker, described=True) for seen in sure[:SHOWN]]
    if plan.edge is not Edge.ALL:
        sentences = [first_or_last(sentences[0], plan.edge)]
    if len(sure) > SHOWN:
        sentences.append(Sentence(text=f"There are {len(sure) - SHOWN} more, cited too.", cites=ids(sure)))
    leaving = one.subject.happening is Happening.LEFT
    return Told(
        Finding(
            count=len(sure),
            times=tuple(seen.end if leaving else seen.start for seen in sure),
            camera_ids=places_of(sure),
        ),
        (*sentences, *notes(one, speaker)),
        mean(sure),
        state_of(one.coverage),
        (*sure, *one.things),
    )
