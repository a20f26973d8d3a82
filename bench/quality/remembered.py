"""What a detector said of a clip's frames, kept by the hashes of clip and weights, so that it is asked only once."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from bench.quality.weights import Found
from kit.pixels import Pixels

Rows = dict[int, list[tuple[float, float, float, float, float, int]]]
"""By frame: left, top, right, bottom, score, class."""


class Remembered:
    """A detector that looks at one clip; `key` says which weights it has. `keep` writes what is new."""

    def __init__(self, look: Callable[[Pixels], Found], clip_sha256: str, key: str, cache: Path) -> None:
        self._look = look
        self._file = cache / f"{clip_sha256[:16]}-{key}.json"
        self._rows: Rows = {}
        if self._file.is_file():
            self._rows = msgspec.json.decode(self._file.read_bytes(), type=Rows)
        self._known = len(self._rows)

    def look(self, frame: int, picture: Pixels) -> Found:
        """What is in a frame."""
        if frame not in self._rows:
            found = self._look(picture)
            self._rows[frame] = [
                (*(round(float(edge), 5) for edge in box), round(float(score), 4), int(klass))  # type: ignore[misc]
                for box, score, klass in zip(found.boxes, found.scores, found.classes, strict=True)
            ]
        table = np.array(self._rows[frame], np.float32).reshape(-1, 6)
        return Found(table[:, :4], table[:, 4], table[:, 5].astype(np.int64))

    def keep(self) -> None:
        """Write what was asked."""
        if len(self._rows) > self._known:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            unfinished = self._file.with_suffix(".unfinished")
            unfinished.write_bytes(msgspec.json.encode(self._rows))
            unfinished.replace(self._file)
