"""Clips: a stretch of stored segments as one file, without re-encoding."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from kit.media.errors import NothingInRangeError, SandboxError
from kit.media.limits import Limits
from kit.media.sandbox import Sandbox

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class ClipSource:
    """A stored segment that was fetched into a file."""

    path: Path
    started_at: datetime
    """When its first frame was in view (`ingest.segments_read.started_at`)."""


@dataclass(frozen=True)
class Clip:
    """What was cut."""

    path: Path
    content_type: str
    started_at: datetime
    """True time of its first frame: the key frame at or before the time asked for."""
    ended_at: datetime
    """True time at which its last frame ends."""
    frames: int
    size_bytes: int


def cut_clip(
    sources: Sequence[ClipSource],
    from_time: datetime,
    until_time: datetime,
    folder: Path,
    *,
    limits: Limits | None = None,
) -> Clip:
    """Copies the frames from `from_time` (from the key frame at or before it) until `until_time` into `folder/clip.mp4`
    (`.mkv` where MP4 cannot hold the codec), byte for byte as they were encoded, in the sandbox.

    `sources` are neighbouring segments of one recording in order. Raises NothingInRangeError where they hold nothing
    between the times, other MediaErrors where they cannot be read, SandboxError where another attempt is worth it.
    """
    if not sources:
        raise NothingInRangeError(f"there is no footage from {from_time} until {until_time}")
    origin = sources[0].started_at
    with Sandbox(limits or Limits(), writable=folder, readable=[source.path for source in sources]) as sandbox:
        sandbox.send(
            {
                "do": "clip",
                "sources": [
                    {"path": str(source.path), "offset_us": (source.started_at - origin) // _MICROSECOND}
                    for source in sources
                ],
                "from_us": (from_time - origin) // _MICROSECOND,
                "until_us": (until_time - origin) // _MICROSECOND,
                "folder": str(folder),
            }
        )
        reply = sandbox.receive()
    name = reply.text("name")
    if name not in {"clip.mp4", "clip.mkv"}:
        raise SandboxError(f"the child named an unexpected file: {name!r}")
    path = folder / name
    return Clip(
        path=path,
        content_type="video/mp4" if path.suffix == ".mp4" else "video/x-matroska",
        started_at=origin + timedelta(microseconds=reply.whole_number("started_us")),
        ended_at=origin + timedelta(microseconds=reply.whole_number("ended_us")),
        frames=reply.whole_number("frames"),
        size_bytes=path.stat().st_size,
    )
