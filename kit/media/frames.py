"""Frames of a stored segment: small luma pictures of the sampled ones, whole pictures of those that are wanted.

The child decodes the next group while the caller works on this one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from kit.media.errors import SandboxError
from kit.media.limits import Limits
from kit.media.sandbox import Sandbox

T = TypeVar("T")

GROUP_PIXELS = 48_000_000
"""Pixels of whole frames that a group holds at most, so that large pictures do not fill the memory."""


@dataclass(frozen=True)
class FrameGroup:
    """Neighbouring sampled frames."""

    times_us: Sequence[int]
    """When each is shown, in microseconds since the recording's start; strictly growing."""
    lumas: NDArray[np.uint8]
    """[n, height, width]: small grey pictures of them."""
    decoded: int
    """Frames of the segment decoded so far."""


class _Group(msgspec.Struct, frozen=True):
    times_us: list[int]
    decoded: int
    luma: tuple[int, int]


class _Picture(msgspec.Struct, frozen=True):
    picture: int
    size: tuple[int, int]


class _End(msgspec.Struct, frozen=True):
    decoded: int
    damaged: int
    seconds: dict[str, float]


class FrameReader:
    """Reads the frames of one segment: `next_group`, `fetch` what is wanted of it, until None comes.

    `offset_us` is the segment's start in the recording, and `last_cell` the sampling cell (`kit.media.sampling`) of the
    last frame sampled before it, -1 for none. The file is opened with the first group: until then it may still be
    fetched, while the child starts. Methods raise MediaError and SandboxError.
    """

    def __init__(
        self,
        path: Path,
        *,
        offset_us: int,
        last_cell: int,
        per_second: int,
        luma_width: int,
        group_size: int,
        limits: Limits | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._group_size = group_size
        self._waiting = False
        self.decoded = 0
        """Frames decoded; known at the end."""
        self.damaged = 0
        """Packets that could not be decoded; known at the end."""
        self.seconds: Mapping[str, float] = {}
        """Where the child's time went: `decode`, `luma`, `convert`; known at the end."""
        self._request: Mapping[str, object] | None = {
            "do": "frames",
            "path": str(path),
            "offset_us": offset_us,
            "last_cell": last_cell,
            "per_second": per_second,
            "luma_width": luma_width,
            "group_size": group_size,
            "group_pixels": GROUP_PIXELS,
        }
        self._sandbox = Sandbox(self._limits, readable=[path.parent])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._sandbox.close()

    def next_group(self) -> FrameGroup | None:
        """The next sampled frames, or None at the end. What was not fetched of the group before is gone."""
        if self._request is not None:
            request, self._request = self._request, None
            self._sandbox.send(request)
        if self._waiting:
            self.fetch(())
        message = self._sandbox.receive()
        if message.body.get("end"):
            end = _understood(message.body, _End)
            self.decoded, self.damaged, self.seconds = end.decoded, end.damaged, end.seconds
            return None
        told = _understood(message.body, _Group)
        count, (height, width) = len(told.times_us), told.luma
        if not 0 < count <= self._group_size or len(message.blobs) != 1 or min(height, width) < 1:
            raise SandboxError("the sandbox sent an impossible group of frames")
        if len(message.blobs[0]) != count * height * width:
            raise SandboxError("the sandbox sent a group whose pictures have another size than told")
        if any(later <= earlier for earlier, later in zip(told.times_us, told.times_us[1:], strict=False)):
            raise SandboxError("the sandbox sent frames out of order")
        self._waiting = True
        lumas = np.frombuffer(message.blobs[0], np.uint8).reshape(count, height, width)
        return FrameGroup(told.times_us, lumas, told.decoded)

    def fetch(self, wanted: Sequence[int]) -> Sequence[NDArray[np.uint8]]:
        """The whole pictures at these places of the group, RGB uint8 [height, width, 3], in their order; once a
        group."""
        if not self._waiting:
            raise RuntimeError("a group is fetched from once, after next_group")
        self._waiting = False
        self._sandbox.send({"wanted": list(wanted)})
        return [self._picture(place) for place in wanted]

    def _picture(self, place: int) -> NDArray[np.uint8]:
        message = self._sandbox.receive()
        told = _understood(message.body, _Picture)
        height, width = told.size
        if told.picture != place or not 0 < height * width <= self._limits.pixels or len(message.blobs) != 1:
            raise SandboxError("the sandbox sent another picture than was asked for")
        if len(message.blobs[0]) != height * width * 3:
            raise SandboxError("the sandbox sent a picture of another size than told")
        return np.frombuffer(message.blobs[0], np.uint8).reshape(height, width, 3)


def _understood(body: Mapping[str, object], form: type[T]) -> T:
    try:
        return msgspec.convert(body, form)
    except msgspec.ValidationError as error:
        raise SandboxError(f"the sandbox sent what cannot be understood: {error}") from None
