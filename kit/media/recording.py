"""Recordings: probed, checked to their end and cut into segments in the sandbox."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import msgspec

from kit.media.channel import Message
from kit.media.errors import SandboxError
from kit.media.limits import Limits
from kit.media.sandbox import Sandbox


@dataclass(frozen=True)
class CutSegment:
    """A stretch of the recording in a file of its own."""

    path: Path
    content_type: str
    started: timedelta
    """When its first picture is shown, counted from the recording's first."""
    ended: timedelta
    """When its last picture ends; the next segment starts there."""
    frames: int


@dataclass(frozen=True)
class CutRecording:
    """What a file turned out to be, and its segments in order."""

    container: str
    codec: str
    width: int
    height: int
    """Of the pictures as they are shown (turned as the container asks)."""
    frame_rate: float
    """Mean; frames keep their own times."""
    frames: int
    duration: timedelta
    tags: Mapping[str, str]
    """What the container says about when it was made, by lower-case name, as it stands there."""
    segments: Sequence[CutSegment]


class _Segment(msgspec.Struct, frozen=True):
    name: str
    started_us: int
    ended_us: int
    frames: int


class _Taken(msgspec.Struct, frozen=True):
    container: str
    codec: str
    width: int
    height: int
    frame_rate: float
    frames: int
    duration_us: int
    metadata: dict[str, str]
    segments: list[_Segment]


_TYPES = {".mp4": "video/mp4", ".mkv": "video/x-matroska"}


def cut_recording(
    path: Path,
    folder: Path,
    *,
    segment_seconds: float,
    tell_progress: Callable[[float], None],
    limits: Limits | None = None,
) -> CutRecording:
    """Reads all of a file, checks that it is whole and within the limits, and copies its pictures into segments of
    about `segment_seconds` below `folder`, cut at key frames, byte for byte as they were encoded; sound is left out.

    Frames shown before the first key frame, or before an unclean one at which the recording had to be cut, are in no
    segment, since they cannot be decoded from it. Raises MediaError, SandboxError.
    """
    with Sandbox(limits or Limits(), writable=folder, readable=[path]) as sandbox:
        sandbox.send({"do": "recording", "path": str(path), "folder": str(folder), "segment_seconds": segment_seconds})
        while True:
            message = sandbox.receive()
            share = message.body.get("progress")
            if share is None:
                return _read(message, folder)
            if isinstance(share, float):
                tell_progress(share)


def _read(message: Message, folder: Path) -> CutRecording:
    try:
        taken = msgspec.convert(message.body, _Taken)
    except msgspec.ValidationError as error:
        raise SandboxError(f"the sandbox described the recording in a way that cannot be understood: {error}") from None
    return CutRecording(
        container=taken.container,
        codec=taken.codec,
        width=taken.width,
        height=taken.height,
        frame_rate=taken.frame_rate,
        frames=taken.frames,
        duration=timedelta(microseconds=taken.duration_us),
        tags=taken.metadata,
        segments=[_segment(segment, folder) for segment in taken.segments],
    )


def _segment(told: _Segment, folder: Path) -> CutSegment:
    path = folder / told.name
    if path.parent != folder or path.suffix not in _TYPES or path.is_symlink() or not path.is_file():
        raise SandboxError(f"the sandbox named a file that is not its own: {told.name[:100]!r}")
    return CutSegment(
        path=path,
        content_type=_TYPES[path.suffix],
        started=timedelta(microseconds=told.started_us),
        ended=timedelta(microseconds=told.ended_us),
        frames=told.frames,
    )
