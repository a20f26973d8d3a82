"""What the searches of a plan found: who may be meant, did what was asked, and in how much footage."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

import numpy as np

from contracts.question import AnswerState, Coverage, Edge, Finding, Happening, Period, Refusal, Sentence, Subject
from services.search.model.coverage import FootageSpan, united
from services.search.model.sighting import Seen, goes, happened

SURE = 0.5
"""From this probability on something counts as what was asked for."""

SHOWN = 10
"""So many are told one by one."""

EDGE = timedelta(seconds=1.5)
"""A track that begins or ends so near to the footage's own beginning or end was cut by it."""


@dataclass(frozen=True)
class Searched:
    """One search of the plan, done.

    Attributes:
        found: what may be what was asked for and did what was asked, in the order of time.
        cut: what would count, had the footage not begun or ended while it was in view.
        unjudged: so many more cannot be told apart yet, as their attributes are not made.
        things: what the detector takes for people and never moves; it does not count, and is told.
    """

    subject: Subject
    coverage: Coverage
    found: tuple[Seen, ...]
    cut: tuple[Seen, ...] = ()
    unjudged: int = 0
    things: tuple[Seen, ...] = ()

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


def searched(
    subject: Subject,
    coverage: Coverage,
    candidates: Sequence[Seen],
    spans: Sequence[FootageSpan],
    things: Sequence[Seen] = (),
) -> Searched:
    """Which of the objects that may be meant did what was asked; `things` of them are no people."""
    did = [one for one in candidates if one not in things and happened(one, subject)]
    if subject.moving is not None:
        ways = [replace(one, probability=one.probability * goes(one, subject.moving)) for one in did]
        did = [one for one in ways if one.probability > 0]
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
        things=tuple(one for one in things if one.probability >= SURE and happened(one, subject)),
    )


def _cut(one: Seen, happening: Happening, runs: Sequence[Period]) -> bool:
    if happening is Happening.ARRIVED:
        return any(abs(one.start - run.from_time) <= EDGE for run in runs)
    return any(abs(one.end - run.until_time) <= EDGE for run in runs)


def chosen(sure: Sequence[Seen], edge: Edge, happening: Happening) -> list[Seen]:
    """All in the order of time, or the first or last alone."""
    ordered = sorted(sure, key=lambda seen: seen.end if happening is Happening.LEFT else seen.start)
    if edge is Edge.ALL or not ordered:
        return ordered
    if edge is Edge.LAST and happening is Happening.IN_VIEW:
        return [max(ordered, key=lambda seen: (seen.end, seen.start))]
    return [ordered[0] if edge is Edge.FIRST else ordered[-1]]


def per_camera(seen: Sequence[Seen]) -> list[tuple[UUID, list[Seen]]]:
    """Those of each camera in the order of time, the camera that saw the first of them first."""
    own: dict[UUID, list[Seen]] = {}
    for one in sorted(seen, key=lambda each: each.start):
        own.setdefault(one.camera_id, []).append(one)
    return list(own.items())


def places_of(seen: Sequence[Seen]) -> tuple[UUID, ...]:
    """Where they were, in the order of the first sighting."""
    return tuple(camera for camera, _ in per_camera(seen))


def mean(seen: Sequence[Seen]) -> float:
    """Their mean probability."""
    return float(np.mean([one.probability for one in seen]))


def state_of(coverage: Coverage) -> AnswerState:
    """Whether all of the asked time was examined, or a part."""
    return AnswerState.ANSWERED if coverage.complete else AnswerState.PARTLY
