"""Copies packets into a new file as they are: MP4, which keeps every clock, or Matroska where MP4 lacks the codec."""

from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

_NOT_IN_MP4 = frozenset({"vp8"})


def decoding_times(shown: NDArray[np.int64]) -> NDArray[np.int64]:
    """When packets must be decoded, strictly growing and never after they are shown, from when they are shown (in
    decoding order). Containers leave decoding times out or break them; what is shown when is all that counts."""
    ordered = np.sort(shown)
    # Two pictures of one tick: the later ones move on, and those behind them as far as needed.
    steps = np.arange(len(ordered))
    ordered = np.maximum.accumulate(ordered - steps) + steps
    return ordered - max(0, int((ordered - shown).max(initial=0)))


class Muxer:
    """One file being written: `shown` are the ticks at which its packets are shown, in decoding order, 0 for the
    first key frame."""

    def __init__(self, stem: Path, template: Any, shown: NDArray[np.int64]) -> None:
        in_mp4 = template.codec_context.codec.canonical_name not in _NOT_IN_MP4
        self.path = stem.with_suffix(".mp4" if in_mp4 else ".mkv")
        # Bit-exact: the same packets make the same bytes, whatever the version and time.
        options = {"fflags": "+bitexact", "movflags": "+faststart"} if in_mp4 else {"fflags": "+bitexact"}
        self._output = av.open(str(self.path), "w", format="mp4" if in_mp4 else "matroska", options=options)
        # Opaque: PyAV then asks for no encoder, which a decoder like dav1d has none of.
        self._stream = self._output.add_stream_from_template(template, opaque=True)
        self._stream.time_base = template.time_base
        self._shown = shown
        self._decoded = decoding_times(shown)
        self.packets = 0

    def add(self, packet: Any) -> None:
        """Copies the next packet."""
        packet.pts, packet.dts = int(self._shown[self.packets]), int(self._decoded[self.packets])
        packet.stream = self._stream
        self._output.mux_one(packet)
        self.packets += 1

    def close(self) -> None:
        """Finishes the file."""
        self._output.close()
