"""One trace holds a request together: gateway, Celery, service, Triton, Postgres."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from infra.cli.client import Client
from tests.e2e.conftest import take_in
from tests.span_collector import CollectedSpan, SpanCollector


def wait_for_trace(
    collector: SpanCollector, whole: Callable[[Sequence[CollectedSpan]], bool], seconds: float = 30
) -> Sequence[CollectedSpan]:
    """The first trace that is whole, or the longest seen when the time is over."""
    deadline = time.monotonic() + seconds
    while True:
        traces: dict[str, list[CollectedSpan]] = {}
        for span in collector.spans():
            traces.setdefault(span.trace_id, []).append(span)
        for spans in traces.values():
            if whole(spans):
                return spans
        if time.monotonic() > deadline:
            return max(traces.values(), key=len, default=[])
        time.sleep(0.3)


def services(spans: Sequence[CollectedSpan]) -> set[str]:
    return {span.service for span in spans}


def assert_one_tree(spans: Sequence[CollectedSpan]) -> None:
    known = {span.span_id for span in spans}
    roots = [span for span in spans if span.parent_id not in known]
    assert len(roots) == 1, f"spans without a parent in the trace: {[(root.service, root.name) for root in roots]}"
    assert roots[0].service == "sightline-gateway"


def test_a_search_is_one_trace_through_triton_and_postgres(
    collector: SpanCollector, client: Client, rendered_clip: Path
) -> None:
    take_in(client, rendered_clip, "gate")
    client.search(text="somebody with an umbrella that nobody ever searched for")

    def whole(spans: Sequence[CollectedSpan]) -> bool:
        names = {(span.service, span.name) for span in spans}
        return {
            ("sightline-search", "triton infer embed_text"),
            ("sightline-search", "postgres transaction"),
        } <= names and any(service == "sightline-gateway" for service, _ in names)

    spans = wait_for_trace(collector, whole)
    assert whole(spans), sorted({(span.service, span.name) for span in spans})
    assert_one_tree(spans)


def test_an_upload_is_one_trace_down_to_the_vectors(
    collector: SpanCollector, client: Client, rendered_clip: Path
) -> None:
    take_in(client, rendered_clip, "gate")

    def whole(spans: Sequence[CollectedSpan]) -> bool:
        names = {(span.service, span.name) for span in spans}
        return {
            ("sightline-ingest", "triton infer detect"),
            ("sightline-embed", "triton infer embed_image"),
            ("sightline-embed", "postgres transaction"),
        } <= names and any(service == "sightline-gateway" for service, _ in names)

    spans = wait_for_trace(collector, whole, seconds=60)
    assert whole(spans), sorted({(span.service, span.name) for span in spans})
    assert_one_tree(spans)


def test_metrics_tell_of_jobs_frames_inferences_and_searches(collector: SpanCollector, client: Client) -> None:
    wanted = {"sightline.jobs", "sightline.frames", "sightline.inferences", "sightline.search.seconds"}
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        if wanted <= {metric for _, metric in collector.metrics()}:
            return
        time.sleep(0.5)
    raise AssertionError(f"never exported: {wanted - {metric for _, metric in collector.metrics()}}")
