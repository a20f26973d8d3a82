"""An OTLP/HTTP collector that keeps spans in memory, so that a test can hold a trace together."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from gzip import decompress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class CollectedSpan:
    trace_id: str
    span_id: str
    parent_id: str
    service: str
    name: str


class SpanCollector:
    """What was exported so far."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"
        self._lock = Lock()
        self._spans: list[CollectedSpan] = []
        self._metrics: set[tuple[str, str]] = set()

    def spans(self) -> Sequence[CollectedSpan]:
        with self._lock:
            return list(self._spans)

    def trace(self, trace_id: str) -> Sequence[CollectedSpan]:
        return [span for span in self.spans() if span.trace_id == trace_id]

    def metrics(self) -> set[tuple[str, str]]:
        """(service, metric) pairs."""
        with self._lock:
            return set(self._metrics)

    def take_traces(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = _service_of(resource.resource.attributes)
            with self._lock:
                self._spans.extend(
                    CollectedSpan(
                        span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(), service, span.name
                    )
                    for scope in resource.scope_spans
                    for span in scope.spans
                )

    def take_metrics(self, body: bytes) -> None:
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            service = _service_of(resource.resource.attributes)
            with self._lock:
                self._metrics |= {
                    (service, metric.name) for scope in resource.scope_metrics for metric in scope.metrics
                }


def _service_of(attributes: Sequence[object]) -> str:
    for attribute in attributes:
        if attribute.key == "service.name":  # type: ignore[attr-defined]  # a protobuf KeyValue
            return str(attribute.value.string_value)  # type: ignore[attr-defined]
    return ""


@contextmanager
def collecting() -> Iterator[SpanCollector]:
    """A collector on a free loopback port, for as long as the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = decompress(body)
            if self.path == "/v1/traces":
                collector.take_traces(body)
            elif self.path == "/v1/metrics":
                collector.take_metrics(body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = SpanCollector(server.server_port)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
