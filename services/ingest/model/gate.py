"""What is looked at closely: what moves, and now and then what does not."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class LookRules:
    """When a sampled frame is shown to the detector."""

    still_seconds: float = 2.0
    """At least so often where nothing moves."""
    active_seconds: float = 1.0
    """At least so often where nothing moves but tracks are open."""
    luma_step: int = 12
    """Change of a luma pixel that counts, of 255."""
    changed_share: float = 0.0004
    """Share of changed pixels that is motion."""


class MotionGate:
    """Compares small luma pictures with the one that was last looked at, so that slow motion adds up.

    One per segment: the first frame is always looked at.
    """

    def __init__(self, rules: LookRules) -> None:
        self._rules = rules
        self._reference: NDArray[np.int16] | None = None

    def wants(self, luma: NDArray[np.uint8], at_us: int, last_look_us: int, *, active: bool) -> bool:
        """Whether the frame should be looked at; if so it is what later ones are compared with."""
        rules = self._rules
        current = luma.astype(np.int16)
        patience = rules.active_seconds if active else rules.still_seconds
        due = at_us - last_look_us >= round(patience * 1_000_000)
        if due or self._reference is None or self._moved(current, self._reference):
            self._reference = current
            return True
        return False

    def look(self, luma: NDArray[np.uint8]) -> None:
        """The frame is looked at for another reason."""
        self._reference = luma.astype(np.int16)

    def _moved(self, current: NDArray[np.int16], reference: NDArray[np.int16]) -> bool:
        if current.shape != reference.shape:
            return True
        change = current - reference
        # A cloud or the camera's exposure changes everything a little.
        change -= np.int16(np.median(change))
        changed = np.count_nonzero(np.abs(change) >= self._rules.luma_step)
        return bool(changed >= max(2.0, self._rules.changed_share * change.size))
