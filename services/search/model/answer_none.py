"""What is said where nobody was found, or where that is not sure; and what an answer leaves out.

A sentence never says more than the footage that was examined: that nobody was there is said of covered time only.
"""

from collections.abc import Sequence

from contracts.question import AnswerState, Finding, Happening, Refusal, Sentence, Verdict
from services.search.model.coverage import length, listed
from services.search.model.found import Searched, Told, per_camera, state_of
from services.search.model.phrases import (
    Speaker,
    article,
    ids,
    lowered,
    many,
    missing_words,
    past,
    told,
    verb,
    where,
)

RULED_OUT = 0.2
"""Nobody is said to have been there where the probability that somebody was is at least this."""

CLEARLY_NOT = 0.05
"""… nor where any single one may be who was asked for with at least this."""

TRACKED = 0.95
"""Share of those who pass that leave a track, as an absence must allow for: nobody is claimed absent with more."""


def none(one: Searched, speaker: Speaker) -> Told:
    """Nobody was found: an absence, or that it is not sure."""
    if doubtful(one):
        return unsure(one, speaker)
    return Told(
        Finding(count=0),
        (absence(one, speaker, head="None"), *notes(one, speaker)),
        (1.0 - one.any_share) * TRACKED,
        state_of(one.coverage),
        one.things,
    )


def doubtful(one: Searched) -> bool:
    """Whether somebody may have been there after all."""
    unclear = any(seen.probability >= CLEARLY_NOT for seen in one.found)
    return unclear or one.any_share >= RULED_OUT or one.unjudged > 0


def absence(one: Searched, speaker: Speaker, *, head: str, count: int = 0) -> Sentence:
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


def unsure(one: Searched, speaker: Speaker) -> Told:
    """What was seen does not settle it."""
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


def no_footage(searches: Sequence[Searched]) -> Told:
    """Nothing of the asked time was examined."""
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


def notes(one: Searched, speaker: Speaker) -> list[Sentence]:
    """What was cut off by the footage, what is not judged yet, and for which time nothing is known."""
    told_of = things(one, speaker)
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
        told_of.append(Sentence(text=text, cites=ids([seen])))
    if one.unjudged:
        text = f"{one.unjudged} more tracks cannot be told apart yet, as their attributes are still being made."
        told_of.append(Sentence(text=text))
    if one.found and not one.coverage.complete:
        told_of.append(Sentence(text=missing_words(one.coverage, speaker)))
    return told_of


def things(one: Searched, speaker: Speaker) -> list[Sentence]:
    """What was taken for people and left out, so that whoever reads it can look."""
    told_of = []
    for camera, own in per_camera(one.things):
        what = "Something that was taken for a person" if len(own) == 1 else f"{len(own)} things taken for people"
        counted = "it is not counted" if len(own) == 1 else "they are not counted"
        when = speaker.stretch(own[0].start, own[0].end)
        text = f"{what} at {speaker.at(camera)} never moved, {when}: {counted}."
        told_of.append(Sentence(text=text, cites=ids(own)))
    return told_of
