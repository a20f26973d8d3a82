"""What a watched search looks for, known before anything new comes, and how alike anything new can be to it at most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from contracts.search import Asked, SearchRequest, Understood
from services.search.model.calibration import Calibration, Scored, mixed_probability, mixed_score
from services.search.model.search import Probe

Curves = Mapping[tuple[Asked, str], Calibration]
"""By what was asked and the space's name."""


@dataclass(frozen=True)
class Part:
    """One part of a watched search: looks of which the best counts."""

    asked: Asked
    weight: float
    probes: tuple[Probe, ...]

    @property
    def curve(self) -> tuple[Asked, str]:
        """Which calibration its scores have: a piece of a frame is a picture."""
        asked = Asked.PICTURE if self.asked is Asked.FRAME else self.asked
        return asked, self.probes[0].encoding.space


@dataclass(frozen=True)
class Prepared:
    """What a watch looks for, as it is kept.

    Attributes:
        understood: what its sentence was read as, without days; None where there was none to read.
        stages: every stage that its search may have, whatever its picture is taken for, and the parts of each. Empty
            where that cannot be said: such a watch is searched for each time.
    """

    understood: Understood | None
    stages: tuple[tuple[Part, ...], ...]

    @property
    def probes(self) -> tuple[Probe, ...]:
        """Every look, in order."""
        return tuple(probe for stage in self.stages for part in stage for probe in part.probes)

    @property
    def spaces(self) -> frozenset[str]:
        """Names of the spaces that its looks lie in."""
        return frozenset(probe.encoding.space for probe in self.probes)

    def most(self, best: Sequence[float], curves: Curves) -> float:
        """A bound: of what is compared with `min_score`, no hit has more. `best` are the best scores that anything has
        for each of `probes`. A hit's score and probability rise with each of its parts' scores, so that the best of
        each part make the bound (Fagin, Lotem and Naor, "Optimal aggregation algorithms for middleware", PODS 2001).
        """
        scores = iter(best)
        measures: list[float] = []
        for stage in self.stages:
            parts = [
                Scored(part.asked, max(next(scores) for _ in part.probes), part.weight, curves.get(part.curve))
                for part in stage
            ]
            probability = mixed_probability(parts)
            measures.append(mixed_score(parts) if probability is None else probability)
        return max(measures)


def read_as(request: SearchRequest, understood: Understood | None) -> SearchRequest:
    """The request with its sentence read as this; it is not read again. Days that a sentence names lie in the past, and
    what is new must not be held against them: they count for nothing."""
    if understood is not None:
        understood = msgspec.structs.replace(understood, from_time=None, until_time=None)
    return msgspec.structs.replace(request, understood=understood, read_text=understood is not None)
