"""Joins the packets of neighbouring segments into one clip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.media.errors import NothingInRangeError
from kit.media.inside.demux import MICROSECONDS, microseconds, opened
from kit.media.inside.mux import Muxer
from kit.media.limits import Limits


@dataclass(frozen=True)
class _Source:
    """A segment: where its packets lie on the clip's clock, in decoding order."""

    path: Path
    offset_us: int
    base: int
    """Tick of its first picture."""
    times_us: Sequence[int]
    keys: Sequence[bool]
    end_us: int


def cut(
    sources: Sequence[Mapping[str, Any]], from_us: int, until_us: int, folder: Path, limits: Limits
) -> Mapping[str, Any]:
    """Copies what is shown from the key frame at or before `from_us` until `until_us`, both counted from the first
    source's first picture. Raises MediaError."""
    scanned = [_scan(Path(source["path"]), int(source["offset_us"]), limits) for source in sources]
    scanned = [source for source in scanned if source.times_us]
    places = [(number, place) for number, source in enumerate(scanned) for place in range(len(source.times_us))]
    keys = [(number, place) for number, place in places if scanned[number].keys[place]]
    before = [at for at in keys if scanned[at[0]].times_us[at[1]] <= from_us] or keys[:1]
    wanted = [at for at in places if scanned[at[0]].times_us[at[1]] < until_us]
    if not before or not wanted or until_us <= from_us or scanned[-1].end_us <= from_us or wanted[-1] < before[-1]:
        raise NothingInRangeError("there is no footage between the times asked for")
    return _copy(scanned, before[-1], wanted[-1], folder, limits)


def _copy(
    sources: Sequence[_Source], first: tuple[int, int], last: tuple[int, int], folder: Path, limits: Limits
) -> Mapping[str, Any]:
    started_us = sources[first[0]].times_us[first[1]]
    muxer: Muxer | None = None
    ended_us, frames = started_us, 0
    for number in range(first[0], last[0] + 1):
        source = sources[number]
        with opened(source.path, limits) as (container, stream):
            shift = round(source.offset_us / (stream.time_base * MICROSECONDS)) - source.base
            for place, packet in enumerate(packet for packet in container.demux(stream) if packet.size):
                if (number, place) < first:
                    continue
                if (number, place) > last:
                    break
                if muxer is None:
                    muxer = Muxer(
                        folder / "clip", stream, begin=packet.pts + shift, started_us=started_us, ended_us=ended_us
                    )
                length_us = microseconds(packet.duration or 0, stream.time_base)
                if muxer.add(packet, shift):
                    frames += 1
                    ended_us = max(ended_us, source.times_us[place] + length_us)
    if muxer is None:
        raise NothingInRangeError("there is no footage between the times asked for")
    return {"name": muxer.close()["name"], "started_us": started_us, "ended_us": ended_us, "frames": frames}


def _scan(path: Path, offset_us: int, limits: Limits) -> _Source:
    with opened(path, limits) as (container, stream):
        seen = [
            (packet.pts if packet.pts is not None else packet.dts, packet.is_keyframe, packet.duration or 0)
            for packet in container.demux(stream)
            if packet.size
        ]
        base = min((tick for tick, _, _ in seen), default=0)
        end = max((tick + length for tick, _, length in seen), default=0)
        return _Source(
            path=path,
            offset_us=offset_us,
            base=base,
            times_us=[offset_us + microseconds(tick - base, stream.time_base) for tick, _, _ in seen],
            keys=[key for _, key, _ in seen],
            end_us=offset_us + microseconds(end - base, stream.time_base),
        )
