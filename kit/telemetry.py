"""Telemetry: one trace from the HTTP request through Celery to Triton and Postgres, metrics, and JSON logs with ids.

OTLP is off until SIGHTLINE_OTLP_ENDPOINT names a collector; then spans and metrics go there by OTLP/HTTP.
"""

import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()
_LOG_IDS: ContextVar[Mapping[str, str]] = ContextVar("log_ids", default={})  # noqa: B039 (never mutated)

_METER = metrics.get_meter("sightline")
JOBS_FINISHED = _METER.create_counter("sightline.jobs.finished", description="Jobs by contract and outcome")
JOB_SECONDS = _METER.create_histogram("sightline.job.seconds", unit="s", description="Run time of jobs")
QUEUE_AGE = _METER.create_histogram("sightline.job.wait", unit="s", description="How long jobs waited for a worker")
FRAMES = _METER.create_counter("sightline.frames", description="Frames decoded and looked at, by camera")
INFERENCES = _METER.create_counter("sightline.inferences", description="Items sent through Triton, by model")
INFERENCE_SECONDS = _METER.create_histogram(
    "sightline.inference.seconds", unit="s", description="Triton calls, by model"
)
SEARCH_SECONDS = _METER.create_histogram("sightline.search.seconds", unit="s", description="Searches, by stage")

_state = {"pid": 0}


def start_telemetry(service: str, otlp_endpoint: str) -> None:
    """Starts exporting from this process, once; call it after a fork, since its threads do not survive one.

    Without an endpoint spans still carry ids (for logs and for passing on) but go nowhere.
    """
    if _state["pid"] == os.getpid():
        return
    _state["pid"] = os.getpid()
    resource = Resource.create({SERVICE_NAME: f"sightline-{service}"})
    tracer_provider = TracerProvider(resource=resource)
    if otlp_endpoint:
        base = otlp_endpoint.rstrip("/")
        tracer_provider.add_span_processor(
            BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{base}/v1/traces"), schedule_delay_millis=1000)
        )
        reader = PeriodicExportingMetricReader(
            OTLPMetricExporter(endpoint=f"{base}/v1/metrics"), export_interval_millis=15_000
        )
        metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[reader]))
    trace.set_tracer_provider(tracer_provider)


def observe_jobs(counts: Callable[[], Iterable[Mapping[str, Any]]]) -> None:
    """Publishes jobs by state, and the age of the oldest waiting one, whenever metrics are collected."""

    def by_state(_: CallbackOptions) -> Iterator[Observation]:
        for row in counts():
            yield Observation(row["jobs"], {"queue": row["queue"], "contract": row["contract"], "state": row["state"]})

    def oldest(_: CallbackOptions) -> Iterator[Observation]:
        for row in counts():
            if row["state"] == "ready":
                yield Observation(row["oldest_seconds"], {"queue": row["queue"], "contract": row["contract"]})

    _METER.create_observable_gauge("sightline.jobs", [by_state], description="Jobs by state")
    _METER.create_observable_gauge("sightline.queue.age", [oldest], unit="s", description="Age of the oldest ready job")


def current_traceparent() -> str | None:
    """The running span as a W3C traceparent, to be kept in a job's row or a message; None outside of a trace."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def continued_span(
    name: str, traceparent: str | None, attributes: Mapping[str, str | int | float]
) -> Iterator[trace.Span]:
    """A span of work done for somebody else, in the trace that asked for it."""
    parent = _PROPAGATOR.extract({"traceparent": traceparent}) if traceparent else None
    tracer = trace.get_tracer("sightline")
    with tracer.start_as_current_span(name, parent, kind=trace.SpanKind.CONSUMER, attributes=dict(attributes)) as span:
        yield span


@contextmanager
def log_ids(**ids: str) -> Iterator[None]:
    """Every log record written inside the block carries these ids."""
    token = _LOG_IDS.set({**_LOG_IDS.get(), **ids})
    try:
        yield
    finally:
        _LOG_IDS.reset(token)


_RECORD_FIELDS = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, ids, the fields given with `extra`, the error."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
            **_LOG_IDS.get(),
        }
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            entry["trace_id"] = f"{context.trace_id:032x}"
            entry["span_id"] = f"{context.span_id:016x}"
        entry.update({key: value for key, value in record.__dict__.items() if key not in _RECORD_FIELDS})
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


def start_logging(service: str, level: int = logging.INFO) -> None:
    """JSON lines on standard error, for this process and everything it imports."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
