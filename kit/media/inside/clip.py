"""Joins the packets of neighbouring segments into one clip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kit.media.errors import NothingInRangeError
from kit.media.inside.demux import MICROSECONDS, microseconds, opened
from kit.media.inside.mux import Muxer
from kit.media.limits import Limits


@dataclass(frozen=True)
class _Source:
    """A segment: its packets on the clock of all segments, in decoding order."""

    path: Path
    ticks: Sequence[int]
    times_us: Sequence[int]
    ends_us: Sequence[int]
    keys: Sequence[bool]


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
    if (
        not before
        or not wanted
        or until_us <= from_us
        or max(scanned[-1].ends_us) <= from_us
        or wanted[-1] < before[-1]
    ):
        raise NothingInRangeError("there is no footage between the times asked for")
    return _copy(scanned, before[-1], wanted[-1], folder, limits)


def _copy(
    sources: Sequence[_Source], first: tuple[int, int], last: tuple[int, int], folder: Path, limits: Limits
) -> Mapping[str, Any]:
    taken = [
        (number, place)
        for number in range(first[0], last[0] + 1)
        for place in range(len(sources[number].ticks))
        if first <= (number, place) <= last and sources[number].ticks[place] >= sources[first[0]].ticks[first[1]]
    ]
    shown = np.array([sources[number].ticks[place] for number, place in taken], np.int64)
    muxer: Muxer | None = None
    for number in range(first[0], last[0] + 1):
        wanted = {place for own, place in taken if own == number}
        with opened(sources[number].path, limits) as (container, stream):
            if muxer is None:
                muxer = Muxer(folder / "clip", stream, shown - shown[0])
            for place, packet in enumerate(packet for packet in container.demux(stream) if packet.size):
                if place in wanted:
                    muxer.add(packet)
    if muxer is None:
        raise NothingInRangeError("there is no footage between the times asked for")
    muxer.close()
    return {
        "name": muxer.path.name,
        "started_us": sources[first[0]].times_us[first[1]],
        "ended_us": max(sources[number].ends_us[place] for number, place in taken),
        "frames": len(taken),
    }


def _scan(path: Path, offset_us: int, limits: Limits) -> _Source:
    with opened(path, limits) as (container, stream):
        seen = [
            (packet.pts if packet.pts is not None else packet.dts, packet.is_keyframe, packet.duration or 0)
            for packet in container.demux(stream)
            if packet.size
        ]
        base = min((tick for tick, _, _ in seen), default=0)
        shift = round(offset_us / (stream.time_base * MICROSECONDS)) - base

        def told(tick: int) -> int:
            return offset_us + microseconds(tick - base, stream.time_base)

        return _Source(
            path=path,
            ticks=[tick + shift for tick, _, _ in seen],
            times_us=[told(tick) for tick, _, _ in seen],
            ends_us=[told(tick + length) for tick, _, length in seen],
            keys=[key for _, key, _ in seen],
        )
