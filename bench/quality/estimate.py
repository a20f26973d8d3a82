"""How sure a figure is: the percentile bootstrap (Efron 1979), over units that do not depend on one another."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

SEED = 20_260
RESAMPLES = 400
CONFIDENCE = 0.95

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval and the number of units (queries, objects, stretches of footage) behind it.

    With fewer than two units there is no interval: `low` and `high` are NaN.
    """

    value: float
    low: float
    high: float
    units: int


def bootstrapped(measure: Callable[[Counts], float], units: int) -> Estimate:
    """Measure all units, and again with units drawn with replacement.

    Args:
        measure: takes how often each unit counts, INT64 [units], and gives the figure; NaN where it has none.
        units: how many there are.
    """
    value = float(measure(np.ones(units, np.int64)))
    if units < 2:
        return Estimate(value, float("nan"), float("nan"), units)
    rng = np.random.default_rng(SEED)
    drawn = rng.multinomial(units, np.full(units, 1 / units), size=RESAMPLES)
    figures = np.array([measure(counts) for counts in drawn], float)
    figures = figures[~np.isnan(figures)]
    if not len(figures):
        return Estimate(value, float("nan"), float("nan"), units)
    low, high = np.quantile(figures, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return Estimate(value, float(low), float(high), units)


def mean_over(units: Sequence[Any], values: Sequence[float]) -> Estimate:
    """The mean of values, resampled by the unit that each belongs to (an object's crops are drawn together)."""
    names, rows = np.unique(np.array([str(unit) for unit in units]), return_inverse=True)
    sums = np.bincount(rows, weights=np.array(values, float), minlength=len(names))
    sizes = np.bincount(rows, minlength=len(names))

    def measure(counts: Counts) -> float:
        total = float(counts @ sizes)
        return float(counts @ sums) / total if total else float("nan")

    return bootstrapped(measure, len(names))
