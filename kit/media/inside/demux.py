"""Opening a container: only listed demuxers and codecs, only the file itself, nothing over the limits."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error

from kit.media.errors import (
    DamagedMediaError,
    EmptyFileError,
    NotMediaError,
    NoVideoError,
    PictureTooLargeError,
    TruncatedMediaError,
    UnsupportedMediaError,
)
from kit.media.limits import CODECS, DECODERS, DEMUXERS, Limits

MICROSECONDS = 1_000_000

# Sound is never decoded, but its parameters may be looked at.
_SOUND = ("aac", "mp3", "mp3float", "ac3", "opus", "vorbis", "pcm_s16le", "pcm_mulaw", "pcm_alaw")


@contextmanager
def opened(path: Path, limits: Limits, *, ignore_edits: bool = False) -> Iterator[tuple[Any, Any]]:
    """The container and its picture stream, checked. Raises MediaError."""
    if path.stat().st_size == 0:
        raise EmptyFileError("the file is empty (0 bytes): the upload or the export went wrong; send it again")
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": ",".join(DEMUXERS),
        "codec_whitelist": ",".join((*DECODERS, *_SOUND)),
        "max_pixels": str(limits.pixels),
        "max_streams": "32",
        "threads": "1",
    }
    if ignore_edits:
        options["ignore_editlist"] = "1"
    try:
        container = av.open(str(path), options=options, metadata_errors="replace")
    except (av.error.InvalidDataError, av.error.EOFError, av.error.ArgumentError) as error:
        raise _not_media(path) from error
    with container:
        yield container, _video_stream(container, limits)


def _video_stream(container: Any, limits: Limits) -> Any:
    pictures = [stream for stream in container.streams.video if not _is_cover(stream)]
    if not pictures:
        kinds = sorted({stream.type for stream in container.streams if stream.type}) or ["nothing"]
        raise NoVideoError(f"the file holds no pictures, only {', '.join(kinds)}: send a file with a video stream")
    stream = pictures[0]
    context = stream.codec_context
    name = None if context is None else context.codec.canonical_name
    if name not in CODECS:
        raise UnsupportedMediaError(
            f"the codec {name or 'of this file'} is not supported: export it as H.264 or H.265 (supported: "
            f"{', '.join(CODECS)})"
        )
    check_size(context.width, context.height, limits)
    if context.width <= 0 or context.height <= 0:
        raise DamagedMediaError("the file does not say how large its pictures are: it is damaged; export it again")
    context.options = {"max_pixels": str(limits.pixels)}
    context.thread_count = 1
    return stream


def check_size(width: int, height: int, limits: Limits) -> None:
    """Refuses too many pixels. Raises PictureTooLargeError."""
    if width > limits.side_pixels or height > limits.side_pixels or width * height > limits.pixels:
        raise PictureTooLargeError(
            f"its pictures are {width} × {height}; the limit is {limits.side_pixels} a side and "
            f"{limits.pixels / 1e6:.0f} megapixels: send it smaller"
        )


def microseconds(ticks: int, time_base: Fraction) -> int:
    """Ticks of a stream's clock as whole microseconds."""
    return round(ticks * time_base * MICROSECONDS)


def _is_cover(stream: Any) -> bool:
    return "attached_pic" in str(stream.disposition.name or "")


def _not_media(path: Path) -> Exception:
    with path.open("rb") as file:
        head = file.read(16)
    if head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free"}:
        return TruncatedMediaError(
            "the file starts like an MP4 but its index (moov) is missing or broken: it was cut off while being written "
            "or copied; send the complete file"
        )
    if head[:4] in {b"\x1aE\xdf\xa3", b"RIFF"}:
        return TruncatedMediaError("the file's header is broken: it was cut off or damaged; send the complete file")
    return NotMediaError(
        "the file is not a video that can be read, whatever its name says (supported: MP4, MOV, MKV, WebM, AVI, "
        "MPEG-TS, MPEG-PS)"
    )
