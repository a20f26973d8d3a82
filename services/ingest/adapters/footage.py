"""Footage through the media sandbox (`ports.Footage`)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from kit.media import FrameReader, Limits, cut_recording
from services.ingest.ports import CutFootage, CutPiece, Picture, SampledFrames
from services.ingest.settings import AnalysisSettings


class SandboxedFootage:
    """Cuts and decodes in a confined child for each file."""

    def __init__(self, limits: Limits, settings: AnalysisSettings) -> None:
        self._limits = limits
        self._settings = settings

    def cut(self, path: Path, folder: Path, tell_progress: Callable[[float], None]) -> CutFootage:
        """Checks a file and cuts it. Raises MediaError, SandboxError."""
        cut = cut_recording(
            path,
            folder,
            segment_seconds=self._settings.segment_seconds,
            tell_progress=tell_progress,
            limits=self._limits,
        )
        return CutFootage(
            container=cut.container,
            codec=cut.codec,
            width=cut.width,
            height=cut.height,
            frame_rate=cut.frame_rate,
            duration=cut.duration,
            tags=cut.tags,
            pieces=[
                CutPiece(segment.path, segment.content_type, segment.started, segment.ended) for segment in cut.segments
            ],
        )

    @contextmanager
    def read(self, path: Path, *, offset: timedelta, last_cell: int) -> Iterator["SandboxedFrames"]:
        """Decodes a segment. Raises MediaError, SandboxError."""
        with FrameReader(
            path,
            offset_us=offset // timedelta(microseconds=1),
            last_cell=last_cell,
            per_second=self._settings.frames_per_second,
            luma_width=self._settings.luma_width,
            group_size=self._settings.group_size,
            limits=self._limits,
        ) as reader:
            yield SandboxedFrames(reader)


class SandboxedFrames:
    """The frames of one segment (`ports.Frames`)."""

    def __init__(self, reader: FrameReader) -> None:
        self._reader = reader

    def next_group(self) -> SampledFrames | None:
        """The next frames; None at the end."""
        group = self._reader.next_group()
        return None if group is None else SampledFrames(group.times_us, group.lumas)

    def fetch(self, wanted: Sequence[int]) -> Sequence[Picture]:
        """The whole pictures at these places."""
        return self._reader.fetch(wanted)

    def figures(self) -> Mapping[str, float]:
        """What the reading came to."""
        reader = self._reader
        stages = {f"seconds.{stage}": seconds for stage, seconds in reader.seconds.items()}
        return {"decoded": reader.decoded, "damaged": reader.damaged, **stages}
