"""Answers about the most, the fewest and none at all: which cameras, which hours or days, how many at one moment."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import numpy as np

from contracts.question import CameraCoverage, Edge, Finding, Happening, Period, Plan, Sentence, Slot
from services.search.model.answer_none import CLEARLY_NOT, TRACKED, doubtful, none, notes, unsure
from services.search.model.coverage import common, listed, seconds_of, span
from services.search.model.found import SHOWN, SURE, Searched, Told, places_of, state_of
from services.search.model.phrases import Speaker, ids, many, verb, where
from services.search.model.sighting import Seen, distribution, likely_range, most_moment

Key = TypeVar("Key", bound=Hashable)


def busiest_cameras(one: Searched, speaker: Speaker, *, most: bool) -> Told:
    """The camera that saw the most or the fewest, among those with footage; by numbers, as they were counted."""
    if not one.sure:
        return none(one, speaker)
    looked = [camera.camera_id for camera in one.coverage.cameras if camera.examined_seconds > 0]
    own = {camera: [seen for seen in one.sure if seen.camera_id == camera] for camera in looked}
    best = (max if most else min)(len(seen) for seen in own.values())
    best_cameras = [camera for camera in looked if len(own[camera]) == best]
    ordered = sorted(looked, key=lambda camera: (camera not in best_cameras, -len(own[camera]), speaker.at(camera)))
    which = "The most" if most else "The fewest"
    names = listed([speaker.at(camera) for camera in best_cameras])
    lead = f"{which} {many(one.subject, 2)} {verb(one.subject, 2)} at {names} {one.subject.time_words}: {best}."
    cited = [seen for camera in best_cameras for seen in own[camera]]
    sentences = [Sentence(text=lead, cites=ids(cited))]
    for camera in ordered[len(best_cameras) :]:
        text = f"{speaker.at(camera)}: {len(own[camera])}."
        sentences.append(Sentence(text=text, cites=ids(own[camera])))
    grouped = {camera: [seen for seen in one.found if seen.camera_id == camera] for camera in looked}
    return Told(
        Finding(count=best, camera_ids=tuple(best_cameras)),
        (*sentences, *notes(one, speaker)),
        _ahead(grouped, best_cameras[0], most=most) if len(best_cameras) == 1 else 0.5,
        state_of(one.coverage),
        (*one.sure, *one.things),
    )


def unvisited_cameras(one: Searched, speaker: Speaker) -> Told:
    """The cameras that nobody was seen at, among those with footage, each for the time of it that was examined."""
    if one.unjudged:
        return unsure(one, speaker)
    looked = [camera for camera in one.coverage.cameras if camera.examined_seconds > 0]
    possible = {seen.camera_id for seen in one.found if seen.probability >= CLEARLY_NOT}
    empty = [camera for camera in looked if camera.camera_id not in possible]
    what = f"no {one.subject.words}"
    if empty:
        text = f"No {one.subject.plural} {verb(one.subject, 2)} at {listed([c.name for c in empty])}"
        sentences = [Sentence(text=f"{text} {one.subject.time_words}{_as_far(empty)}.")]
    else:
        cameras = "Every camera with footage" if len(looked) > 1 else looked[0].name
        text = f"None: {cameras} saw {what.replace('no ', 'a ', 1)} {one.subject.time_words}."
        sentences = [Sentence(text=text, cites=ids(one.found))]
    left = 1.0
    for seen in one.found:
        left *= 1.0 - seen.probability if seen.camera_id not in possible else 1.0
    return Told(
        Finding(camera_ids=tuple(camera.camera_id for camera in empty)),
        (*sentences, *notes(one, speaker)),
        left * (TRACKED if empty else one.any_share),
        state_of(one.coverage),
        (*one.found, *one.things) if not empty else one.things,
    )


def _as_far(cameras: Sequence[CameraCoverage]) -> str:
    return ", as far as there is footage" if any(camera.gaps for camera in cameras) else ""


def most_at_once(one: Searched, speaker: Speaker) -> Told:
    """The most of them in view of one camera at one moment."""
    if not one.sure:
        return none(one, speaker)
    there = most_moment(one.sure)
    count = len(there)
    begin, end = max(seen.start for seen in there), min(seen.end for seen in there)
    low, high = likely_range(distribution([seen.probability for seen in there]))
    when = speaker.stretch(begin, end)
    text = f"At most {count} {many(one.subject, count)} at one moment, at {speaker.at(there[0].camera_id)} {when}."
    hidden = Sentence(text="Who is hidden by another at that moment is not counted.")
    return Told(
        Finding(
            count=count,
            count_low=min(low, count),
            count_high=max(high, count),
            times=(begin,),
            camera_ids=places_of(there),
        ),
        (Sentence(text=text, cites=ids(there)), *((hidden,) if count > 1 else ()), *notes(one, speaker)),
        float(np.prod([seen.probability for seen in there])),
        state_of(one.coverage),
        (*one.sure, *one.things),
    )


# Hours and days -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """An hour or day of the asked time. `covered`: all of it was examined, at every camera that has footage at all."""

    start: datetime
    period: Period
    sure: tuple[Seen, ...]
    possible: tuple[Seen, ...]
    covered: bool
    examined: bool


def slots(plan: Plan, searches: Sequence[Searched], speaker: Speaker) -> Told:
    """Which hours or days were the busiest, the quietest, or had nobody. Of what was not examined nothing is said."""
    (one,) = searches
    parts = _parts(one, plan.by or Slot.HOUR, speaker)
    if plan.negated:
        return _empty_slots(one, parts, plan, speaker)
    if plan.edge is Edge.MOST:
        if not one.sure:
            return none(one, speaker)
        known = [part for part in parts if part.examined]
        best = max(len(part.sure) for part in known)
    else:
        known = [part for part in parts if part.covered]
        if not known or (doubtful(one) and not one.sure):
            return unsure(one, speaker)
        best = min(len(part.sure) for part in known)
    chosen = [part for part in known if len(part.sure) == best]
    which = "busiest" if plan.edge is Edge.MOST else "quietest"
    unit = (plan.by or Slot.HOUR).value
    seen = list({each.best.id: each for part in chosen for each in part.sure}.values())
    lead = f"The {which} {unit}{'s were' if len(chosen) > 1 else ' was'} {_named(chosen, speaker)}:"
    each = " each" if len(chosen) > 1 else ""
    text = f"{lead} {best} {many(one.subject, best)} {verb(one.subject, best)}{where(one.subject, speaker)}{each}."
    grouped = {part.start: part.possible for part in known}
    return Told(
        Finding(count=best, times=tuple(part.start for part in chosen), camera_ids=places_of(seen)),
        (Sentence(text=text, cites=ids(seen)), *notes(one, speaker)),
        _ahead(grouped, chosen[0].start, most=plan.edge is Edge.MOST) if len(chosen) == 1 else 0.5,
        state_of(one.coverage),
        (*one.sure, *one.things),
    )


def _empty_slots(one: Searched, parts: Sequence[_Part], plan: Plan, speaker: Speaker) -> Told:
    """The hours or days with nobody, of those that were examined from end to end."""
    if one.unjudged:
        return unsure(one, speaker)
    empty = [part for part in parts if part.covered and not part.possible]
    unit = (plan.by or Slot.HOUR).value
    place = where(one.subject, speaker)
    if empty:
        text = f"No {one.subject.plural} {verb(one.subject, 2)}{place} {_named(empty, speaker)}."
    else:
        text = f"There was no such {unit}: in each that was examined {one.subject.plural} may have been{place}."
    left = float(np.prod([1.0 - seen.probability for seen in one.found if seen.probability < CLEARLY_NOT]))
    return Told(
        Finding(times=tuple(part.start for part in empty)),
        (Sentence(text=text, cites=() if empty else ids(one.found)), *notes(one, speaker)),
        left * (TRACKED if empty else 1.0),
        state_of(one.coverage),
        (*one.found, *one.things),
    )


def _parts(one: Searched, by: Slot, speaker: Speaker) -> list[_Part]:
    looked = [camera for camera in one.coverage.cameras if camera.examined_seconds > 0]
    found = []
    for period in one.subject.periods:
        start = period.from_time.astimezone(speaker.zone).replace(minute=0, second=0, microsecond=0)
        if by is Slot.DAY:
            start = start.replace(hour=0)
        while start < period.until_time:
            until = _next(start, by, speaker)
            own = Period(from_time=max(start, period.from_time), until_time=min(until, period.until_time))
            asked = seconds_of([own])
            examined = [seconds_of(common([own], camera.examined)) for camera in looked]
            here = [seen for seen in one.found if _within(seen, own, one.subject.happening)]
            found.append(
                _Part(
                    start=start,
                    period=own,
                    sure=tuple(seen for seen in here if seen.probability >= SURE),
                    possible=tuple(seen for seen in here if seen.probability >= CLEARLY_NOT),
                    covered=all(seconds >= asked - 1 for seconds in examined),
                    examined=any(seconds > 0 for seconds in examined),
                )
            )
            start = until
    return found


def _next(start: datetime, by: Slot, speaker: Speaker) -> datetime:
    if by is Slot.HOUR:
        # By the world's clock: where clocks are put back an hour comes twice.
        return (start.astimezone(UTC) + timedelta(hours=1)).astimezone(speaker.zone)
    return datetime.combine(start.date() + timedelta(days=1), start.timetz().replace(tzinfo=None), speaker.zone)


def _within(seen: Seen, period: Period, happening: Happening) -> bool:
    match happening:
        case Happening.ARRIVED:
            return period.from_time <= seen.start < period.until_time
        case Happening.LEFT:
            return period.from_time <= seen.end < period.until_time
        case _:
            return seen.start < period.until_time and seen.end >= period.from_time


def _named(parts: Sequence[_Part], speaker: Speaker) -> str:
    names = [span(part.period.from_time, part.period.until_time, speaker.zone) for part in parts[:SHOWN]]
    if len(parts) > SHOWN:
        names.append(f"{len(parts) - SHOWN} more")
    return listed(names)


def _ahead(groups: Mapping[Key, Sequence[Seen]], best: Key, *, most: bool) -> float:
    """The probability that one group is ahead of each other one, taken as independent."""
    shares = {name: distribution([seen.probability for seen in own]) for name, own in groups.items()}
    chance = 1.0
    for name in groups:
        if name != best:
            joint = np.outer(shares[best], shares[name])
            chance *= float(np.tril(joint, -1).sum() if most else np.triu(joint, 1).sum())
    return chance
