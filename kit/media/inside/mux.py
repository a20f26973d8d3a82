"""Copies packets into a new file as they are: MP4, which keeps every clock, or Matroska where MP4 lacks the codec."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av

_NOT_IN_MP4 = frozenset({"vp8"})


class Muxer:
    """One file being written. Times are moved so that the tick `begin` becomes 0."""

    def __init__(self, stem: Path, template: Any, *, begin: int, started_us: int, ended_us: int) -> None:
        in_mp4 = template.codec_context.codec.canonical_name not in _NOT_IN_MP4
        self._path = stem.with_suffix(".mp4" if in_mp4 else ".mkv")
        # Bit-exact: the same packets make the same bytes, whatever the version and time.
        options = {"fflags": "+bitexact", "movflags": "+faststart"} if in_mp4 else {"fflags": "+bitexact"}
        self._output = av.open(str(self._path), "w", format="mp4" if in_mp4 else "matroska", options=options)
        self._stream = self._output.add_stream_from_template(template, opaque=True)
        self._stream.time_base = template.time_base
        self._begin = begin
        self._started_us, self._ended_us = started_us, ended_us
        self._last_decoded: int | None = None
        self._packets = 0

    def add(self, packet: Any, shift: int = 0) -> bool:
        """Copies one packet, `shift` ticks later. False: it is shown before `begin` and was left out."""
        shown = packet.pts if packet.pts is not None else packet.dts
        decoded = packet.dts if packet.dts is not None else shown
        shown, decoded = shown + shift - self._begin, decoded + shift - self._begin
        if shown < 0:
            return False
        if self._last_decoded is not None:
            # Muxers want decoding times to grow; nobody sees them.
            decoded = max(decoded, self._last_decoded + 1)
        self._last_decoded = decoded
        packet.pts, packet.dts = max(shown, decoded), decoded
        packet.stream = self._stream
        self._output.mux_one(packet)
        self._packets += 1
        return True

    def close(self) -> Mapping[str, Any]:
        """Finishes the file and describes it."""
        self._output.close()
        return {
            "name": self._path.name,
            "started_us": self._started_us,
            "ended_us": self._ended_us,
            "frames": self._packets,
        }
