"""Answers about two: more of this than of that, this before that."""

from collections.abc import Sequence

import numpy as np

from contracts.question import AnswerState, Edge, Finding, Happening, Plan, Sentence, Verdict
from services.search.model.answer_none import none
from services.search.model.coverage import length
from services.search.model.found import Searched, Told, chosen
from services.search.model.phrases import Speaker, ids, lowered, many, told, where
from services.search.model.sighting import distribution


def compare(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    """More of this than of that? By numbers an hour where the footage is uneven."""
    one, other = searches
    mine, theirs = len(one.sure), len(other.sure)
    hours = [side.coverage.examined_seconds / 3600 for side in searches]
    even = abs(hours[0] - hours[1]) <= 0.01 * max(hours)
    uneven_coverage = not even and not (one.coverage.complete and other.coverage.complete)
    left, right = (mine / hours[0], theirs / hours[1]) if uneven_coverage else (float(mine), float(theirs))
    more = left < right if plan.negated else left > right
    verdict = Verdict.YES if more else Verdict.NO
    scale = (hours[0], hours[1]) if uneven_coverage else (1.0, 1.0)
    chance = _chance(one, other, scale, less=plan.negated)
    if plan.edge is Edge.MOST:
        uneven = _uneven(hours, left, right) if uneven_coverage else None
        return _which_more(searches, (left, right), max(chance, _chance(one, other, scale, less=True)), uneven, speaker)
    lead = (
        f"{'Yes' if more else 'No'}: {mine} {many(one.subject, mine)}{where(one.subject, speaker)}"
        f" {one.subject.time_words},"
        f" {theirs} {many(other.subject, theirs)}{where(other.subject, speaker)} {other.subject.time_words}."
    )
    sentences = [Sentence(text=lead, cites=ids([*one.sure, *other.sure]))]
    if uneven_coverage:
        sentences.append(_uneven(hours, left, right))
    complete = one.coverage.complete and other.coverage.complete
    return Told(
        Finding(verdict=verdict, count=mine, other_count=theirs),
        tuple(sentences),
        chance if more else 1.0 - chance,
        AnswerState.ANSWERED if complete else AnswerState.PARTLY,
        (*one.sure, *other.sure),
    )


def _uneven(hours: Sequence[float], left: float, right: float) -> Sentence:
    return Sentence(
        text=(
            f"The footage is uneven ({length(hours[0] * 3600)} and {length(hours[1] * 3600)}), so the numbers"
            f" an hour are compared: {left:.1f} and {right:.1f}."
        )
    )


def _which_more(
    searches: Sequence[Searched], rates: tuple[float, float], chance: float, uneven: Sentence | None, speaker: Speaker
) -> Told:
    """Which of both were more: in words and numbers, as no yes or no was asked for."""
    one, other = searches

    def side(each: Searched) -> str:
        count = len(each.sure)
        return f"{count} {many(each.subject, count)}{where(each.subject, speaker)} {each.subject.time_words}"

    first, second = (one, other) if rates[0] >= rates[1] else (other, one)
    lead = "As many" if rates[0] == rates[1] else "More"
    text = f"{lead}: {side(first)}, {'and' if rates[0] == rates[1] else 'against'} {side(second)}."
    complete = one.coverage.complete and other.coverage.complete
    return Told(
        Finding(count=len(one.sure), other_count=len(other.sure)),
        tuple(filter(None, (Sentence(text=text, cites=ids([*first.sure, *second.sure])), uneven))),
        chance if rates[0] != rates[1] else 1.0 - chance,
        AnswerState.ANSWERED if complete else AnswerState.PARTLY,
        (*one.sure, *other.sure),
    )


def _chance(one: Searched, other: Searched, hours: tuple[float, float], *, less: bool) -> float:
    """The probability that the first number an hour is larger (or smaller), by the attributes' probabilities."""
    mine, theirs = (distribution([seen.probability for seen in side.found]) for side in (one, other))
    rates = np.subtract.outer(np.arange(len(mine)) / hours[0], np.arange(len(theirs)) / hours[1])
    held = rates < 0 if less else rates > 0
    return float((np.outer(mine, theirs) * held).sum())


def order(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    """Did this happen before that?"""
    missing = [side for side in searches if not side.sure]
    if missing:
        single = none(missing[0], speaker)
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
    picked = []
    for side, edge in zip(searches, (plan.edge, Edge.FIRST), strict=True):
        leaving = side.subject.happening is Happening.LEFT
        wanted = Edge.LAST if edge is Edge.LAST or (leaving and edge is Edge.ALL) else Edge.FIRST
        (seen,) = chosen(side.sure, wanted, side.subject.happening)
        picked.append(seen)
        moments.append(seen.end if leaving else seen.start)
    before = moments[0] < moments[1]
    agrees = before != plan.negated
    pair = [told(seen, side.subject, speaker) for seen, side in zip(picked, searches, strict=True)]
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
        picked[0].probability * picked[1].probability,
        AnswerState.ANSWERED if complete else AnswerState.PARTLY,
        tuple(picked),
    )
