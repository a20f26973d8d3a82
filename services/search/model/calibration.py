"""Similarities become probabilities, and parts of a query one order."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.search import Asked, CalibrationFacts

SPREAD: Mapping[Asked, float] = {Asked.TEXT: 0.05, Asked.PICTURE: 0.15, Asked.TRACK: 0.15, Asked.FRAME: 0.15}
"""How far scores of hits spread where nothing was calibrated: a step of one part is worth as many of another. Sentences
lie further from every picture than pictures from one another, and all their scores are near one another."""


@dataclass(frozen=True)
class Calibration:
    """What the scores of one kind of query mean in one space."""

    asked: Asked
    space: str
    slope: float
    intercept: float
    pairs: int
    error: float
    source: str

    def logit(self, score: float) -> float:
        """Log-odds that a hit with this score is right."""
        return self.slope * score + self.intercept

    def probability(self, score: float) -> float:
        """That a hit with this score is right: Platt's curve."""
        return logistic(self.logit(score))

    @property
    def facts(self) -> CalibrationFacts:
        """For the answer."""
        return CalibrationFacts(
            asked=self.asked,
            space=self.space,
            slope=self.slope,
            intercept=self.intercept,
            pairs=self.pairs,
            error=self.error,
            source=self.source,
        )


@dataclass(frozen=True)
class Scored:
    """One part's score of an item."""

    asked: Asked
    score: float
    weight: float
    calibration: Calibration | None

    @property
    def level(self) -> float:
        """On a scale that parts share: log-odds, or else multiples of the usual spread."""
        return self.score / SPREAD[self.asked] if self.calibration is None else self.calibration.logit(self.score)

    @property
    def probability(self) -> float | None:
        """That a hit with this score is right."""
        return None if self.calibration is None else self.calibration.probability(self.score)


def mixed_level(parts: Sequence[Scored]) -> float:
    """What hits are ordered by: the weighted mean of the parts' levels. Of log-odds it is the logarithmic opinion pool
    (Genest and Zidek, "Combining probability distributions", Statistical Science 1986)."""
    return sum(part.weight * part.level for part in parts) / sum(part.weight for part in parts)


def mixed_score(parts: Sequence[Scored]) -> float:
    """The weighted mean of the parts' similarities."""
    return sum(part.weight * part.score for part in parts) / sum(part.weight for part in parts)


def mixed_probability(parts: Sequence[Scored]) -> float | None:
    """That the hit is right; None where a part is not calibrated."""
    return None if any(part.calibration is None for part in parts) else logistic(mixed_level(parts))


def logistic(logit: float) -> float:
    """1 / (1 + exp(-logit)), for any logit."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))
