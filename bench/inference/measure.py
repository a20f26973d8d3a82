"""What is measured: pictures a second, the time of one question, what a question waits behind bulk work, bytes."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.inference.peer import Peer
from bench.inference.rates import Slice, median_processor_ms, median_rate, ratio, saturate
from bench.inference.server import Server
from bench.inference.wire import counting_relay
from bench.report import percentiles
from kit.pixels import Pixels
from kit.tokens import tokenise
from kit.triton import (
    APPEARANCE,
    ATTRIBUTES,
    DETECT,
    EMBED_IMAGE,
    FACES,
    PLATES,
    Triton,
    slot_of,
)

SEED = 5
SLICE_SECONDS = 0.5
WARM_CALLS = 3
BULK_BATCH, BULK_IN_FLIGHT = 8, 3
"""What ingest shows the detector together, and from how many jobs at once."""
QUERIES_A_ROUND = 4

QUESTIONS = (
    "a person in a red jacket",
    "a worker in a hi-vis vest carrying a ladder",
    "white van",
    "somebody riding a bicycle at night without lights",
    "truck",
    "two people talking beside a parked blue car",
    "a woman with a backpack near the gate",
    "a lorry that stands at the loading dock with its doors open",
)


@dataclass(frozen=True)
class Settings:
    """How to measure.

    Attributes:
        rounds: how often ours and the peer take turns.
        in_flight: requests that the client keeps going at the same time.
        gpu: whether the networks run on a GPU.
        cores: processor cores that both may use.
    """

    rounds: int
    in_flight: int
    gpu: bool
    cores: int = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Bench:
    """Ours and the peer, ready to take turns."""

    server: Server
    triton: Triton
    peer: Peer
    settings: Settings

    def processor(self) -> float:
        """Processor seconds of the server, its stubs and this process so far."""
        return self.server.processor_seconds() + time.process_time()


def picture_call(triton: Triton, model: str) -> Callable[[Pixels], Any]:
    """The client's method for a served name."""
    method = {
        DETECT: triton.detect,
        EMBED_IMAGE: triton.embed_image,
        APPEARANCE: triton.appearance,
        ATTRIBUTES: triton.attributes,
        FACES: triton.faces,
        PLATES: triton.plates,
    }[slot_of(model)]
    return lambda pictures: method(pictures, model=model)


def pictures_for(triton: Triton, model: str, count: int) -> Pixels:
    """Seeded noise in the shape that a model takes."""
    return np.random.default_rng(SEED).integers(0, 256, (count, *triton.facts(model).input_shape), np.uint8)


def picture_rates(bench: Bench, model: str) -> dict[str, float]:
    """Pictures a second at saturation, ours and the peer's, at batch 1, 8 and the model's own limit."""
    settings = bench.settings
    peers = _peers(bench, model)
    figures: dict[str, float] = {}
    for batch in sorted({1, 8, bench.triton.facts(model).max_batch}):
        pictures = pictures_for(bench.triton, model, batch)
        kept = bench.peer.keep(f"{model}_{batch}", {"image": pictures})
        call = partial(picture_call(bench.triton, model), pictures)
        for _ in range(WARM_CALLS):
            call()
        ours: list[Slice] = []
        theirs: dict[str, list[Slice]] = {kind: [] for kind in peers}
        for _ in range(settings.rounds):
            for kind, names in peers.items():
                theirs[kind].append(bench.peer.saturate(names, kept, batch=batch, seconds=SLICE_SECONDS))
            ours.append(
                saturate(
                    call,
                    batch=batch,
                    in_flight=settings.in_flight,
                    seconds=SLICE_SECONDS,
                    processor=bench.processor,
                )
            )
        at = f"{model}.b{batch}"
        figures[f"ours.{at}.images_per_s"] = median_rate(ours)
        figures |= {f"{kind}.{at}.images_per_s": median_rate(slices) for kind, slices in theirs.items()}
        figures[f"ratio.{at}"] = ratio(ours, list(theirs.values()))
        if bench.server.pid is not None:
            figures[f"ours.{at}.processor_ms_per_image"] = median_processor_ms(ours)
            figures |= {f"{kind}.{at}.processor_ms_per_image": median_processor_ms(s) for kind, s in theirs.items()}
    return figures


def wire_bytes(bench: Bench, models: Sequence[str]) -> dict[str, float]:
    """Bytes that pass between client and server for each picture of a batch of 8, beside the picture's own."""
    figures: dict[str, float] = {}
    with counting_relay(bench.server.url) as counted:
        client = Triton(counted.url)
        try:
            for model in models:
                pictures = pictures_for(client, model, 8)
                call = picture_call(client, model)
                call(pictures)
                sent, received = counted.sent, counted.received
                call(pictures)
                figures[f"wire.{model}.bytes_per_image"] = (counted.sent - sent + counted.received - received) / len(
                    pictures
                )
                figures[f"wire.{model}.pixels_bytes_per_image"] = pictures[0].nbytes
        finally:
            client.close()
    return figures


def question_times(bench: Bench, model: str, bulk: str | None) -> dict[str, float]:
    """Milliseconds of one question's encoding, one at a time: on a quiet server, then while it computes bulk work.

    The peer's network runs alone, without the client's tokenising, while the same bulk work goes through Triton.
    """
    facts = bench.triton.facts(model)
    bench.peer.load(model, _weights(bench, model), threads=bench.settings.cores, gpu=bench.settings.gpu)
    inputs = []
    for number, question in enumerate(QUESTIONS):
        ids, mask = tokenise([question], facts.parameters["tokenizer"], int(facts.parameters["max_tokens"]))
        inputs.append(bench.peer.keep(f"{model}_{number}", {"input_ids": ids, "attention_mask": mask}))
    figures: dict[str, float] = {}
    for name, load in ((model, None), (f"{model}.behind_bulk", bulk)):
        if name == model or load is not None:
            with _bulk_work(bench, load):
                ours, direct = _questions_in_turns(bench, model, inputs)
            told = percentiles(f"ours.{name}", ours) | percentiles(f"direct.{name}", direct)
            limits = {f"limit.{name}.p{share}_ms": 1.15 * told[f"direct.{name}.p{share}_ms"] + 3 for share in (50, 95)}
            figures |= told | limits
    return figures


def picture_query_times(bench: Bench, model: str) -> dict[str, float]:
    """Milliseconds of a picture's vector, as a search by picture waits for it: quiet, then behind embed's bulk work."""
    picture = pictures_for(bench.triton, model, 1)
    call = picture_call(bench.triton, model)
    figures: dict[str, float] = {}
    for name, load in ((f"{model}.one", None), (f"{model}.one_behind_bulk", model)):
        with _bulk_work(bench, load):
            for _ in range(WARM_CALLS):
                call(picture)
            times = []
            for _ in range(bench.settings.rounds * QUERIES_A_ROUND):
                began = time.perf_counter()
                call(picture)
                times.append((time.perf_counter() - began) * 1000)
        figures |= percentiles(f"ours.{name}", times)
    return figures


def _questions_in_turns(bench: Bench, model: str, inputs: Sequence[Path]) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    direct: list[float] = []
    for _ in range(WARM_CALLS):
        bench.triton.embed_text(QUESTIONS[:1], model=model)
        bench.peer.time_each(model, inputs)
    for _ in range(bench.settings.rounds):
        for question in QUESTIONS:
            began = time.perf_counter()
            bench.triton.embed_text([question], model=model)
            ours.append((time.perf_counter() - began) * 1000)
        direct += bench.peer.time_each(model, inputs)
    return ours, direct


@contextmanager
def _bulk_work(bench: Bench, model: str | None) -> Iterator[None]:
    """Keep a model busy, as ingest does, for the length of a block; None: nothing."""
    if model is None:
        yield
        return
    stop = threading.Event()
    pictures = pictures_for(bench.triton, model, BULK_BATCH)
    client = Triton(bench.server.url)
    call = picture_call(client, model)

    def work() -> None:
        while not stop.is_set():
            call(pictures)

    threads = [threading.Thread(target=work) for _ in range(BULK_IN_FLIGHT)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        client.close()


def _peers(bench: Bench, model: str) -> dict[str, Sequence[str]]:
    """The ways to call ONNX Runtime directly on these cores: the sessions of each, by what the figures call them."""
    path, gpu, cores = _weights(bench, model), bench.settings.gpu, bench.settings.cores
    bench.peer.load(f"{model}/all", path, threads=cores, gpu=gpu)
    if gpu or cores == 1:
        return {"direct": [f"{model}/all"]}
    for core in range(cores):
        bench.peer.load(f"{model}/{core}", path, threads=1, gpu=False)
    return {
        "direct_one_session": [f"{model}/all"],
        "direct_session_a_core": [f"{model}/{core}" for core in range(cores)],
    }


def _weights(bench: Bench, model: str) -> Path:
    return bench.server.models / model / "1" / "model.onnx"
