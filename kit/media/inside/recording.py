"""Takes a recording in: reads all of it once, checks it, and cuts it at key frames without re-encoding."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from numpy.typing import NDArray

from kit.media.errors import DamagedMediaError, NoFramesError, RecordingTooLongError, TruncatedMediaError
from kit.media.inside.demux import microseconds, opened
from kit.media.inside.mux import Muxer
from kit.media.limits import Limits
from kit.media.plan import plan_segments

_CONTAINERS = {
    "mov,mp4,m4a,3gp,3g2,mj2": "mp4",
    "matroska,webm": "matroska",
    "avi": "avi",
    "mpegts": "mpegts",
    "mpeg": "mpeg",
}
_DECLARING = frozenset({"mp4", "matroska", "avi"})
"""Containers whose header tells how much follows; the others may be cut anywhere and stay whole."""

Tell = Callable[[float], None]


@dataclass(frozen=True)
class _Index:
    """Every packet of the stream, from the first key frame on, in decoding order."""

    times: NDArray[np.int64]
    keys: NDArray[np.bool_]
    end: int
    """Tick at which the last picture ends."""
    skipped: int
    """Packets before the first key frame; nothing can be decoded from them."""
    cut_off: bool
    """The last packet is not all there."""


def take_in(path: Path, folder: Path, segment_seconds: float, limits: Limits, tell: Tell) -> Mapping[str, Any]:
    """Cuts the file into `folder/segment-NNNNNN.(mp4|mkv)` and describes it. Raises MediaError."""
    with opened(path, limits, ignore_edits=True) as (container, stream):
        kind = _CONTAINERS.get(container.format.name, container.format.name)
        declared = _declared_seconds(container, stream)
        if declared > limits.seconds:
            raise RecordingTooLongError(
                f"the file declares {declared / 3600:.1f} hours; the limit is {limits.seconds / 3600:.0f} hours: "
                "send it in shorter files"
            )
        time_base: Fraction = stream.time_base
        index = _read_index(container, stream, limits, tell)
        _check_whole(index, kind, stream, declared)
        mean_rate = _mean_rate(index, time_base)
        metadata = {
            str(key)[:64].lower(): str(value)[:64]
            for source in (container.metadata, stream.metadata)
            for key, value in source.items()
            if key.lower() in {"creation_time", "com.apple.quicktime.creationdate", "date"}
        }
        codec = stream.codec_context.codec.canonical_name
    starts = plan_segments(index.times, index.keys, target=int(segment_seconds / time_base))
    with opened(path, limits, ignore_edits=True) as (container, stream):
        segments, look = _cut(container, stream, _Plan(index, starts, folder), tell)
    return {
        "container": kind,
        "codec": codec,
        "width": look.width,
        "height": look.height,
        "frame_rate": mean_rate,
        "frames": len(index.times),
        "duration_us": microseconds(index.end - _origin(index), time_base),
        "metadata": metadata,
        "segments": segments,
    }


def _declared_seconds(container: Any, stream: Any) -> float:
    own = float(stream.duration * stream.time_base) if stream.duration else 0.0
    whole = container.duration / av.time_base if container.duration else 0.0
    return own or whole


def _read_index(container: Any, stream: Any, limits: Limits, tell: Tell) -> _Index:
    times, keys = array("q"), array("b")
    end, untold, skipped, cut_off, last_key = 0, False, 0, False, None
    span_limit = int(limits.seconds / stream.time_base)
    size = max(1, container.size)
    for packet in container.demux(stream):
        if packet.size == 0:
            continue
        time = packet.pts if packet.pts is not None else packet.dts
        if not times and not packet.is_keyframe:
            skipped += 1
            continue
        if time is None:
            raise DamagedMediaError("its pictures carry no times: export it again into MP4 or MKV")
        if packet.is_keyframe:
            if last_key is not None and time < last_key:
                at = float((time - times[0]) * stream.time_base)
                raise DamagedMediaError(
                    f"its times jump back to {at:.1f} s after picture {len(times)}: it was put together from several "
                    "recordings; send them one by one"
                )
            last_key = time
        times.append(time)
        keys.append(packet.is_keyframe)
        if len(times) == 1 or time + (packet.duration or 0) > end:
            end, untold = time + (packet.duration or 0), not packet.duration
        cut_off = packet.is_corrupt
        if len(times) > limits.frames:
            raise RecordingTooLongError(
                f"it holds more than {limits.frames:,} pictures, which is the limit: send it in shorter files"
            )
        if abs(time - times[0]) > span_limit:
            raise RecordingTooLongError(
                f"its times span more than {limits.seconds / 3600:.0f} hours, which is the limit: send it in shorter "
                "files, or repair its times"
            )
        if len(times) % 5000 == 0:
            tell(0.5 * min(1.0, (packet.pos or 0) / size))
    if untold and len(times) > 1:
        # How long the last picture stays is not told: as long as they do on average.
        end += round((max(times) - min(times)) / (len(times) - 1))
    return _Index(np.array(times, np.int64), np.array(keys, bool), end, skipped, cut_off)


def _check_whole(index: _Index, kind: str, stream: Any, declared: float) -> None:
    if len(index.times) == 0:
        if index.skipped:
            raise DamagedMediaError("it holds no key frame, so nothing can be decoded: send the complete file")
        raise NoFramesError(
            f"the file has a header that announces {declared:.0f} s and {stream.frames} pictures, but none follow: "
            "it was cut off; send the complete file"
        )
    if kind not in _DECLARING:
        return
    found = float((index.end - _origin(index)) * stream.time_base)
    announced = stream.frames if kind == "mp4" else 0
    missing = announced - len(index.times) - index.skipped
    if index.cut_off or found < declared - max(1.0, 0.01 * declared) or missing > max(2, 0.002 * announced):
        raise TruncatedMediaError(
            f"the file is cut off: it announces {declared:.1f} s"
            + (f" and {announced} pictures" if announced else "")
            + f", but ends after {found:.1f} s and {len(index.times)} pictures; send the complete file"
        )


def _origin(index: _Index) -> int:
    """The first tick shown: of the first key frame, or of a picture decoded after it and shown before."""
    return int(index.times[0])


def _mean_rate(index: _Index, time_base: Fraction) -> float:
    span = float((index.times.max() - index.times.min()) * time_base)
    return (len(index.times) - 1) / span if span > 0 else 1.0


@dataclass
class _Look:
    """What the first decoded picture shows of them all."""

    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class _Plan:
    """Where segments begin, and where they go."""

    index: _Index
    starts: Sequence[int]
    folder: Path


def _cut(container: Any, stream: Any, plan: _Plan, tell: Tell) -> tuple[list[Mapping[str, Any]], _Look]:
    index, starts, folder = plan.index, plan.starts, plan.folder
    origin = _origin(index)
    bounds = [*starts, len(index.times)]
    begins = [int(index.times[place]) for place in starts]
    ends = [*begins[1:], index.end]
    last_key = int(np.flatnonzero(index.keys)[-1])
    segments: list[Mapping[str, Any]] = []
    look, tail = _Look(), 0
    muxer: Muxer | None = None
    place, number = 0, -1
    for packet in container.demux(stream):
        if packet.size == 0:
            continue
        if place == 0 and not packet.is_keyframe:
            continue
        if place == bounds[number + 1]:
            if muxer is not None:
                muxer.close()
            number += 1
            times = index.times[place : bounds[number + 1]] - begins[number]
            # What is shown before an unclean key frame cannot be decoded from it.
            muxer = Muxer(folder / f"segment-{number:06d}", stream, times[times >= 0])
            segments.append(
                {
                    "name": muxer.path.name,
                    "started_us": microseconds(begins[number] - origin, stream.time_base),
                    "ended_us": microseconds(ends[number] - origin, stream.time_base),
                    "frames": int((times >= 0).sum()),
                }
            )
            tell(0.5 + 0.5 * place / len(index.times))
        if look.width == 0 or place >= last_key:
            if place == last_key and look.width > 0:
                stream.codec_context.flush_buffers()
            tail += _decode(packet, look, counted=place >= last_key)
        if muxer is not None and index.times[place] >= begins[number]:
            muxer.add(packet)
        place += 1
    if muxer is not None:
        muxer.close()
    if place != len(index.times):
        raise DamagedMediaError("the file changed while it was read: send it again")
    tail += _drain(stream, look)
    if look.width == 0:
        raise DamagedMediaError("none of its first pictures can be decoded: the file is damaged; export it again")
    if tail == 0:
        raise TruncatedMediaError("its last pictures cannot be decoded: it was cut off or damaged; send the whole file")
    return segments, look


def _decode(packet: Any, look: _Look, *, counted: bool) -> int:
    try:
        frames = packet.decode()
    except av.error.InvalidDataError:
        # A damaged packet; whether enough can be decoded is judged by what comes out.
        return 0
    _note(frames, look)
    return len(frames) if counted else 0


def _drain(stream: Any, look: _Look) -> int:
    try:
        frames = stream.codec_context.decode(None)
    except (av.error.EOFError, av.error.InvalidDataError):
        return 0
    _note(frames, look)
    return len(frames)


def _note(frames: Sequence[Any], look: _Look) -> None:
    if frames and look.width == 0:
        turned = abs(frames[0].rotation) % 180 == 90
        look.width, look.height = (frames[0].height, frames[0].width) if turned else (frames[0].width, frames[0].height)
