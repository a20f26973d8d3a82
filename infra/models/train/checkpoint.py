"""Going on where an interrupted training stopped."""

import logging
from pathlib import Path
from typing import Any, Protocol

import torch

logger = logging.getLogger(__name__)


class Stateful(Protocol):
    """What can be put away and taken out again: networks, optimizers, averages."""

    def state_dict(self) -> dict[str, Any]:
        """Give everything that is learnt."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> Any:
        """Take back what `state_dict` gave."""


class Checkpoint:
    """One file that holds the parts of a training and the number of steps done.

    A resumed run draws other random numbers than an undisturbed one: it is as good, but not the same.
    """

    def __init__(self, path: Path, **parts: Stateful) -> None:
        self._path, self._parts = path, parts

    def resume(self) -> int:
        """Take back the parts and give the number of steps done; 0 where there is nothing to go on from."""
        if not self._path.is_file():
            return 0
        stored = torch.load(self._path, weights_only=True)
        for name, part in self._parts.items():
            part.load_state_dict(stored[name])
        logger.info("%s: going on after step %d", self._path.stem, stored["steps"])
        return int(stored["steps"])

    def keep(self, steps: int) -> None:
        """Write the parts, atomically."""
        unfinished = self._path.with_suffix(".unfinished")
        torch.save({"steps": steps, **{name: part.state_dict() for name, part in self._parts.items()}}, unfinished)
        unfinished.replace(self._path)

    def done(self) -> None:
        """Forget it: the training is complete."""
        self._path.unlink(missing_ok=True)
