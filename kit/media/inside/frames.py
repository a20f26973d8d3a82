"""Reads the frames of a segment: a small luma picture of each sampled frame, the whole picture where it is wanted."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from kit.media.channel import Channel
from kit.media.inside.demux import check_size, microseconds, opened
from kit.media.limits import Limits
from kit.media.sampling import sampling_cell


def read(channel: Channel, request: Mapping[str, Any], limits: Limits) -> Mapping[str, Any]:
    """Serves the frames of one segment in groups. For each group it sends

        {"times_us": […], "decoded": n, "luma": [height, width]} with the luma pictures,

    receives {"wanted": [places]}, and sends {"picture": place, "size": [height, width]} with RGB bytes for each.
    Returns the figures to send at the end. Raises MediaError.
    """
    reader = _Reader(channel, request, limits)
    with opened(Path(request["path"]), limits) as (container, stream):
        # Streams run in parallel; threads inside one would only waste processor time.
        stream.codec_context.thread_type = "NONE"
        base = stream.start_time or 0
        for packet in container.demux(stream):
            for frame in reader.decode(packet):
                if frame.pts is not None and frame.pts >= base:
                    reader.take(frame, microseconds(frame.pts - base, stream.time_base))
        reader.flush()
    return reader.figures()


class _Reader:
    """The state of reading one segment."""

    def __init__(self, channel: Channel, request: Mapping[str, Any], limits: Limits) -> None:
        self._channel = channel
        self._limits = limits
        self._offset_us = int(request["offset_us"])
        self._per_second = int(request["per_second"])
        self._last_cell = int(request["last_cell"])
        self._luma_width = int(request["luma_width"])
        self._group_pixels = int(request["group_pixels"])
        self._group_size = int(request["group_size"])
        self._group: list[tuple[int, Any]] = []
        self._last_us = -1
        self._decoded = self._damaged = 0
        self._to_luma, self._to_rgb = VideoReformatter(), VideoReformatter()
        self._seconds = {"decode": 0.0, "luma": 0.0, "convert": 0.0}

    def decode(self, packet: Any) -> list[Any]:
        """The frames that this packet completes."""
        started = time.perf_counter()
        try:
            frames: list[Any] = packet.decode()
        except av.error.InvalidDataError:
            self._damaged += 1
            frames = []
        self._seconds["decode"] += time.perf_counter() - started
        return frames

    def take(self, frame: Any, at_us: int) -> None:
        """Notes a frame, and keeps it where it is the first of its sampling cell."""
        self._decoded += 1
        at_us += self._offset_us
        if at_us <= self._last_us:
            return
        self._last_us = at_us
        cell = sampling_cell(at_us, self._per_second)
        if cell <= self._last_cell:
            return
        self._last_cell = cell
        check_size(frame.width, frame.height, self._limits)
        self._group.append((at_us, frame))
        whole = max(1, min(self._group_size, self._group_pixels // (frame.width * frame.height)))
        if len(self._group) >= whole:
            self.flush()

    def flush(self) -> None:
        """Shows the group, and hands over the pictures that are wanted."""
        if not self._group:
            return
        lumas = self._timed("luma", lambda: [self._luma(frame) for _, frame in self._group])
        self._channel.send(
            {
                "times_us": [at_us for at_us, _ in self._group],
                "decoded": self._decoded,
                "luma": list(lumas[0].shape),
            },
            b"".join(luma.tobytes() for luma in lumas),
        )
        wanted = self._channel.receive().body["wanted"]
        for place in wanted:
            frame = self._group[place][1]
            picture = self._timed("convert", partial(self._rgb, frame))
            self._channel.send({"picture": place, "size": list(picture.shape[:2])}, memoryview(picture).cast("B"))
        self._group.clear()

    def figures(self) -> Mapping[str, Any]:
        """What the reading came to."""
        return {"end": True, "decoded": self._decoded, "damaged": self._damaged, "seconds": self._seconds}

    def _luma(self, frame: Any) -> NDArray[np.uint8]:
        width = min(self._luma_width, frame.width)
        height = max(1, round(frame.height * width / frame.width))
        small = self._to_luma.reformat(frame, width=width, height=height, format="gray", interpolation="AREA")
        return _upright(small, frame.rotation)

    def _rgb(self, frame: Any) -> NDArray[np.uint8]:
        return _upright(self._to_rgb.reformat(frame, format="rgb24"), frame.rotation)

    def _timed(self, stage: str, work: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        result = work()
        self._seconds[stage] += time.perf_counter() - started
        return result


def _upright(picture: Any, rotation: int) -> NDArray[np.uint8]:
    """The pixels, turned as the container's display matrix asks (whole quarters; other angles are left)."""
    pixels: NDArray[np.uint8] = picture.to_ndarray()
    quarters = (rotation // 90) % 4 if rotation % 90 == 0 else 0
    # Rows of odd widths come padded.
    return np.ascontiguousarray(np.rot90(pixels, quarters))
