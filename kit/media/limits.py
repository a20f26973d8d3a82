"""How much one piece of media may cost, and what may be in it."""

from dataclasses import dataclass
from typing import Final

DEMUXERS: Final = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "mpegts", "mpeg")
"""Containers that may be opened (FFmpeg's names)."""

CODECS: Final = (
    "h264",
    "hevc",
    "mpeg4",
    "mjpeg",
    "vp8",
    "vp9",
    "av1",
    "mpeg2video",
    "mpeg1video",
)
"""Codecs of the pictures that may be decoded."""

DECODERS: Final = (*CODECS, "libdav1d")
"""FFmpeg's names of the decoders behind CODECS."""

PICTURE_FORMATS: Final = ("JPEG", "PNG", "WEBP")
"""Formats of single pictures (Pillow's names)."""


@dataclass(frozen=True)
class Limits:
    """Limits of one confined child. The defaults fit footage; `PICTURE_LIMITS` fits single pictures."""

    memory_bytes: int = 3 * 1024**3
    """Address space of the child."""
    cpu_seconds: int = 3600
    """Processor time of the child."""
    silence_seconds: float = 120.0
    """Wall-clock time that the child may work without a word."""
    written_bytes: int = 64 * 1024**3
    """Size of any file that the child writes."""
    side_pixels: int = 8192
    """Width and height of a picture."""
    pixels: int = 36_000_000
    """Pixels of a picture."""
    seconds: float = 24 * 3600.0
    """Length of a recording."""
    frames: int = 24 * 3600 * 60
    """Frames of a recording."""


PICTURE_LIMITS: Final = Limits(memory_bytes=2 * 1024**3, cpu_seconds=10, silence_seconds=15.0, written_bytes=64 * 1024)
"""Limits for one picture that somebody uploaded. What may be written is the child's own log."""
