"""The client against the real Triton with the served models."""

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import numpy as np
import pytest
from opentelemetry.trace import SpanKind
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from contracts.vocabulary import SPACE_DIMENSIONS, Space
from infra.embedded.stack import Endpoints
from infra.models.profiles import MODELS
from kit.triton import (
    APPEARANCE,
    DETECT,
    EMBED_IMAGE,
    EMBED_TEXT,
    FAILURES_TO_OPEN,
    ModelRefusedError,
    Triton,
    TritonDeadlineError,
    TritonUnavailableError,
)


@pytest.fixture
def client(servers: Endpoints) -> Iterator[Triton]:
    made = Triton(servers.triton_url)
    yield made
    made.close()


def pictures(client: Triton, model: str, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    rng = np.random.default_rng(3)
    return rng.integers(0, 256, (count, *client.facts(model).input_shape), np.uint8)


def test_every_model_passes_its_canary(client: Triton) -> None:
    for model in MODELS:
        client.canary(model)


def test_the_facts_come_from_the_served_configuration(client: Triton) -> None:
    assert client.facts(EMBED_IMAGE).space == client.facts(EMBED_TEXT).space
    assert client.facts(EMBED_IMAGE).dimension == SPACE_DIMENSIONS[Space.SEMANTIC]
    assert client.facts(APPEARANCE).dimension == SPACE_DIMENSIONS[Space.APPEARANCE]
    assert client.facts(DETECT).parameters["classes"].startswith("person,")
    assert client.facts(DETECT).space == ""


def test_sentences_become_vectors_that_know_synonyms(client: Triton) -> None:
    lorry, truck, dog = client.embed_text(["a lorry", "a truck", "a dog"])
    assert lorry @ truck > lorry @ dog + 0.2


def test_a_big_batch_is_split_and_every_picture_keeps_its_place(client: Triton) -> None:
    count = client.facts(EMBED_IMAGE).max_batch * 2 + 3
    batch = pictures(client, EMBED_IMAGE, count)
    vectors = client.embed_image(batch)
    assert vectors.shape == (count, SPACE_DIMENSIONS[Space.SEMANTIC])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert np.allclose(vectors[-1], client.embed_image(batch[-1:])[0], atol=1e-4)


def test_batches_of_any_size_in_company_get_their_own_answers(client: Triton) -> None:
    batch = pictures(client, APPEARANCE, 29)
    alone = client.appearance(batch)
    cuts = [(0, 1), (1, 4), (4, 9), (9, 16), (16, 29)] * 3
    with ThreadPoolExecutor(len(cuts)) as pool:
        answers = list(pool.map(lambda cut: client.appearance(batch[slice(*cut)]), cuts))
    for (low, high), vectors in zip(cuts, answers, strict=True):
        assert np.allclose(vectors, alone[low:high], atol=1e-3)


def test_shared_memory_is_for_nobody_to_register(servers: Endpoints) -> None:
    with (
        InferenceServerClient(servers.triton_url) as raw,
        pytest.raises(InferenceServerException, match="restricted"),
    ):
        raw.register_system_shared_memory("pictures", "/anything", 64)
    with pytest.raises(HTTPError) as refusal:
        urlopen(f"{servers.triton_http_url}/v2/systemsharedmemory/status")
    refusal.value.close()
    assert refusal.value.code == HTTPStatus.FORBIDDEN


def test_sentences_of_different_lengths_in_company_get_their_own_answers(client: Triton) -> None:
    sentences = ["a van", "somebody with a rucksack " * 6, "a red car", "two people beside a parked lorry " * 4]
    alone = client.embed_text(sentences)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda place: client.embed_text([sentences[place % 4]])[0], range(16)))
    assert all(answer @ alone[place % 4] > 0.999 for place, answer in enumerate(answers))


def test_an_empty_batch_costs_nothing_and_gives_nothing(client: Triton) -> None:
    assert client.detect(pictures(client, DETECT, 0)) == []
    assert client.appearance(pictures(client, APPEARANCE, 0)).shape == (0, SPACE_DIMENSIONS[Space.APPEARANCE])


def test_detections_are_inside_the_picture_best_first_and_never_padding(client: Triton) -> None:
    for found in client.detect(pictures(client, DETECT, 3)):
        assert (found.scores > 0).all()
        assert (np.diff(found.scores) <= 0).all()
        assert ((found.boxes >= 0) & (found.boxes <= 1)).all()
        assert set(found.classes.tolist()) <= set(range(6))


def test_threads_share_one_client_and_get_their_own_answers(client: Triton) -> None:
    batch = pictures(client, APPEARANCE, 12)
    alone = client.appearance(batch)
    answers: dict[int, float] = {}

    def ask(row: int) -> None:
        answers[row] = float(client.appearance(batch[row : row + 1])[0] @ alone[row])

    threads = [threading.Thread(target=ask, args=(row,)) for row in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answers[row] == pytest.approx(1, abs=1e-3) for row in range(12))


def test_a_forked_worker_opens_its_own_channel(client: Triton) -> None:
    client.canary(EMBED_TEXT)
    forked = multiprocessing.get_context("fork").Process(target=client.canary, args=(EMBED_TEXT,))
    # gRPC's own threads are not used by the child; the test asks whether it works all the same, as prefork workers do.
    forked.start()
    forked.join(30)
    assert forked.exitcode == 0


def test_a_picture_of_another_size_is_refused_with_the_model_named(client: Triton) -> None:
    with pytest.raises(ModelRefusedError, match="detect") as refusal:
        client.detect(np.zeros((1, 3, 32, 32), np.uint8))
    assert refusal.value.model == DETECT
    assert client.url in str(refusal.value)
    client.canary(DETECT)


def test_an_answer_that_does_not_come_in_time_is_told_as_that(servers: Endpoints) -> None:
    hasty = Triton(servers.triton_url, timeout_seconds=5)
    batch = pictures(hasty, DETECT, 16)
    hasty._timeout = 0.001
    with pytest.raises(TritonDeadlineError, match="no answer within"):
        hasty.detect(batch)


def test_a_server_that_is_not_there_is_left_alone_after_some_failures() -> None:
    nowhere = Triton("127.0.0.1:9", timeout_seconds=2)
    for _ in range(FAILURES_TO_OPEN):
        with pytest.raises((TritonUnavailableError, TritonDeadlineError), match=r"detect.*127\.0\.0\.1:9"):
            nowhere.facts(DETECT)
    started = time.monotonic()
    with pytest.raises(TritonUnavailableError, match="left alone"):
        nowhere.facts(DETECT)
    assert time.monotonic() - started < 0.1


def test_refusals_do_not_open_the_circuit(client: Triton) -> None:
    for _ in range(FAILURES_TO_OPEN + 1):
        with pytest.raises(ModelRefusedError):
            client.detect(np.zeros((1, 3, 32, 32), np.uint8))
    client.canary(DETECT)


def test_every_call_is_a_client_span(client: Triton, monkeypatch: pytest.MonkeyPatch) -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr("kit.triton.trace.get_tracer", provider.get_tracer)
    client.embed_text(["a person"])
    spans = {span.name: span for span in kept.get_finished_spans()}
    assert spans["triton infer embed_text"].kind is SpanKind.CLIENT
    assert dict(spans["triton infer embed_text"].attributes or {})["sightline.items"] == 1


def test_a_real_person_is_found_where_the_footage_shows_one(client: Triton) -> None:
    shared = Path(os.environ.get("SIGHTLINE_SHARED") or Path(__file__).resolve().parents[3] / "shared")
    clip = shared / "footage" / "omz_street_crowd.avi"
    if not clip.is_file():
        pytest.skip(f"no real footage at {clip}: set SIGHTLINE_SHARED")
    import av

    from kit.pixels import letterbox

    with av.open(str(clip)) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    facts = client.facts(DETECT)
    pixels, place = letterbox(np.asarray(picture, np.uint8), facts.height, facts.width)
    (found,) = client.detect(pixels[None])
    people = place.to_picture(found.boxes[(found.classes == 0) & (found.scores > 0.3)])
    assert len(people) >= 1
