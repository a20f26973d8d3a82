"""What the ingest service is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from contracts.ingest import LONGEST_RECORDING
from kit.media import Limits
from kit.settings import Settings, UnusableSettingError, read_settings
from services.ingest.model.gate import LookRules
from services.ingest.model.track import TrackRules


@dataclass(frozen=True)
class AnalysisSettings:
    """How footage is looked at. Every field changes what is found; the defaults are what the tests hold."""

    segment_seconds: float = 12.0
    """Least length of a segment; it ends at the next key frame (SIGHTLINE_INGEST_SEGMENT_SECONDS)."""
    frames_per_second: int = 5
    """Frames sampled a second (SIGHTLINE_INGEST_FRAMES_PER_SECOND)."""
    group_size: int = 8
    """Frames shown to the detector together, at most (SIGHTLINE_INGEST_GROUP_SIZE)."""
    luma_width: int = 192
    """Width of the pictures that motion is looked for in."""
    least_score: float = 0.2
    """Detections below it are not used at all (SIGHTLINE_INGEST_LEAST_SCORE)."""
    scene_seconds: float = 10.0
    """A scene is kept so often (SIGHTLINE_INGEST_SCENE_SECONDS)."""
    scene_width: int = 1280
    looks: LookRules = field(default_factory=LookRules)
    tracks: TrackRules = field(default_factory=TrackRules)


@dataclass(frozen=True)
class IngestSettings:
    """The plumbing's settings and the service's own."""

    plumbing: Settings
    analysis: AnalysisSettings
    limits: Limits
    put_threads: int
    """Objects stored at the same time (SIGHTLINE_INGEST_PUT_THREADS)."""


def read_ingest_settings(environment: Mapping[str, str] = os.environ) -> IngestSettings:
    """Reads SIGHTLINE_* variables. Raises MissingSettingError and UnusableSettingError."""

    def number(name: str, default: float) -> float:
        return float(environment.get(f"SIGHTLINE_INGEST_{name}") or default)

    analysis, limits = AnalysisSettings(), Limits()
    seconds = number("MAX_HOURS", limits.seconds / 3600) * 3600
    if not 0 < seconds <= LONGEST_RECORDING.total_seconds():
        value = environment["SIGHTLINE_INGEST_MAX_HOURS"]
        raise UnusableSettingError(
            "SIGHTLINE_INGEST_MAX_HOURS", value, "name up to 24 hours, since searches look no further back for a track"
        )
    return IngestSettings(
        plumbing=read_settings(environment),
        analysis=AnalysisSettings(
            segment_seconds=number("SEGMENT_SECONDS", analysis.segment_seconds),
            frames_per_second=int(number("FRAMES_PER_SECOND", analysis.frames_per_second)),
            group_size=int(number("GROUP_SIZE", analysis.group_size)),
            least_score=number("LEAST_SCORE", analysis.least_score),
            scene_seconds=number("SCENE_SECONDS", analysis.scene_seconds),
        ),
        limits=Limits(
            memory_bytes=int(number("MEMORY_MIB", limits.memory_bytes // 1024**2)) * 1024**2,
            cpu_seconds=int(number("CPU_SECONDS", limits.cpu_seconds)),
            side_pixels=int(number("SIDE_PIXELS", limits.side_pixels)),
            pixels=int(number("PIXELS", limits.pixels)),
            seconds=seconds,
            frames=int(number("MAX_FRAMES", limits.frames)),
        ),
        put_threads=int(number("PUT_THREADS", 4)),
    )
