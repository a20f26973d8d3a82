"""Spans and counts by OpenTelemetry (`ports.Telemetry`)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from opentelemetry import trace

from kit.telemetry import FRAMES


class IngestTelemetry:
    """Tells the collector."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """A span around one stage of the work."""
        with trace.get_tracer("sightline.ingest").start_as_current_span(name):
            yield

    def looked(self, camera_id: UUID, figures: Mapping[str, float]) -> None:
        """Counts frames; the running span learns where the time went."""
        FRAMES.add(int(figures.get("decoded", 0)), {"camera": str(camera_id), "what": "decoded"})
        FRAMES.add(int(figures.get("looked_at", 0)), {"camera": str(camera_id), "what": "looked_at"})
        span = trace.get_current_span()
        for name, figure in figures.items():
            span.set_attribute(f"sightline.{name}", round(figure, 4))
