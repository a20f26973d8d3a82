"""Stages of a search as spans and as the metric `sightline.search.seconds`."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from opentelemetry import trace

from kit.telemetry import SEARCH_SECONDS


@contextmanager
def stage(name: str) -> Iterator[None]:
    """A span and a measurement around one stage (`encode`, `query`)."""
    began = perf_counter()
    with trace.get_tracer("sightline").start_as_current_span(name):
        yield
    SEARCH_SECONDS.record(perf_counter() - began, {"stage": name})
