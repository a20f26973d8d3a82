"""The typed client of the models that Triton serves (`MODELS`).

It reads the shapes, the batch limit, the vector space, the vocabulary and the attributes from the server's own model
configurations, so the same code runs on every profile. Pictures are made to fit with `kit.pixels`.

Every call has a deadline, goes through the model's concurrency limit and circuit breaker, is retried
with backoff while the server cannot be reached (gRPC's own retry policy), and is a client span. One `Triton` may be
shared by threads; after a fork it opens its own channel.
"""

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

import grpc
import numpy as np
import numpy.typing as npt
import pybreaker
from opentelemetry import trace

from contracts.vocabulary import AttributeGroup, parse_attribute_layout
from kit.kserve import Inference, Tensors
from kit.pixels import GREY, Pixels
from kit.telemetry import INFERENCE_SECONDS, INFERENCES
from kit.tokens import tokenise

DETECT, EMBED_IMAGE, EMBED_TEXT, APPEARANCE = "detect", "embed_image", "embed_text", "appearance"
ATTRIBUTES, FACES, PLATES = "attributes", "faces", "plates"
MODELS = (DETECT, EMBED_IMAGE, EMBED_TEXT, APPEARANCE, ATTRIBUTES, FACES, PLATES)

BESIDE = "__"
"""A second profile's weights of a model are served beside the first's, as `<model>__<profile>`."""

FACTS_SECONDS = 30.0
"""How long a model's configuration is believed before the server is asked again."""
UNDER_WAY = 2
"""Requests of one call that are under way at the same time, where it takes several."""
FAILURES_TO_OPEN = 5
OPEN_SECONDS = 10.0
Vectors = npt.NDArray[np.float32]

Attributes = Mapping[str, Mapping[str, float]]
"""Of one crop: group (`person.upper_colour`) → value (`red`) → probability; those of a group sum to 1."""


class TritonError(Exception):
    """A model could not be asked; names the model and the server."""

    def __init__(self, model: str, url: str, reason: str) -> None:
        super().__init__(f"model {model!r} at {url}: {reason}")
        self.model, self.url, self.reason = model, url, reason


class TritonUnavailableError(TritonError):
    """The server cannot be reached or the model is not loaded now: worth another try later."""


class TritonDeadlineError(TritonError):
    """The answer did not come within the deadline: worth another try later."""


class ModelRefusedError(TritonError):
    """The server refused the request, or answered in a shape that the model does not have."""


def slot_of(model: str) -> str:
    """Say which of `MODELS` a served name stands for: `embed_image` of `embed_image__base`."""
    return model.split(BESIDE, 1)[0]


@dataclass(frozen=True)
class ModelFacts:
    """What the server says of one model.

    Attributes:
        model: its name.
        input_shape: of one input without the batch, e.g. (3, 288, 512); -1 where any size goes.
        max_batch: the most inputs of one request.
        dimension: length of its vectors, 0 for models that give none.
        parameters: of the configuration, e.g. `weights`, `profile`, `tokenizer`.
    """

    model: str
    input_shape: tuple[int, ...]
    max_batch: int
    dimension: int
    parameters: Mapping[str, str]

    @property
    def space(self) -> str:
        """Which vectors it gives: only vectors of one space may be compared. Empty for models that give none."""
        return self.parameters.get("space", "")

    @property
    def attributes(self) -> tuple[AttributeGroup, ...]:
        """What it says of a crop, in the order of its probabilities. Empty for models that say nothing.

        Raises:
            ValueError: the layout in the configuration is malformed.
        """
        layout = self.parameters.get("attributes", "")
        return parse_attribute_layout(layout) if layout else ()

    @property
    def height(self) -> int:
        """Of the picture it takes, in pixels."""
        return self.input_shape[1]

    @property
    def width(self) -> int:
        """Of the picture it takes, in pixels."""
        return self.input_shape[2]


@dataclass(frozen=True)
class Detections:
    """What the detector found in one picture, best first.

    Attributes:
        boxes: FP32 [N,4], xyxy, 0-1 of the letterboxed input (`kit.pixels.Letterbox.to_picture` takes them back).
        scores: FP32 [N], 0-1.
        classes: INT32 [N], places in `contracts.vocabulary.DETECTOR_CLASSES`.
    """

    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int32]


@dataclass(frozen=True)
class Places:
    """Where faces or plates are in one picture, best first.

    Attributes:
        boxes: FP32 [N,4], xyxy, 0-1 of the letterboxed input (`kit.pixels.Letterbox.to_picture` takes them back).
        scores: FP32 [N], 0-1.
    """

    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]


class Triton:
    """A client of one Triton server.

    Args:
        url: host:port of its gRPC endpoint.
        timeout_seconds: deadline of one request; keep it shorter than the job's lease.
        concurrency: the most requests to one model at the same time from this process.
    """

    def __init__(self, url: str, *, timeout_seconds: float = 20.0, concurrency: int = 4) -> None:
        self.url = url
        self._timeout = timeout_seconds
        self._concurrency = concurrency
        # By served name: a second profile's weights bring names that nobody knew at the start.
        self._gates: dict[str, threading.BoundedSemaphore] = {}
        self._breakers: dict[str, pybreaker.CircuitBreaker] = {}
        self._facts: dict[str, tuple[float, ModelFacts]] = {}
        self._lock = threading.Lock()
        # By process: a channel does not survive a fork, and the parent's must not even be closed by the child.
        self._channels: dict[int, Inference] = {}

    def detect(self, pictures: Pixels, *, model: str = DETECT) -> list[Detections]:
        """Find people and vehicles.

        Args:
            pictures: UINT8 [n, 3, height, width] as `facts("detect")` says, letterboxed.
            model: the served name; another profile's weights have names of their own (`BESIDE`).

        Raises:
            TritonError: see its subclasses.
        """
        found: list[Detections] = []
        for answer in self._batches(model, {"image": pictures}, ("boxes", "scores", "classes")):
            for boxes, scores, classes in zip(answer["boxes"], answer["scores"], answer["classes"], strict=True):
                real = scores > 0
                found.append(Detections(boxes[real], scores[real], classes[real]))
        return found

    def embed_image(self, pictures: Pixels, *, model: str = EMBED_IMAGE) -> Vectors:
        """Give the semantic vectors, FP32 [n, D], of stretched pictures, UINT8 [n, 3, height, width].

        Raises:
            TritonError: see its subclasses.
        """
        return self._vectors(model, {"image": pictures})

    def embed_text(self, sentences: Sequence[str], *, model: str = EMBED_TEXT) -> Vectors:
        """Give the semantic vectors, FP32 [n, D], of sentences.

        Raises:
            TritonError: see its subclasses.
            kit.tokens.UnknownVocabularyError: this version does not have the text tower's vocabulary.
        """
        parameters = self.facts(model).parameters
        ids, mask = tokenise(sentences, parameters.get("tokenizer", ""), int(parameters.get("max_tokens", "128")))
        return self._vectors(model, {"input_ids": ids, "attention_mask": mask})

    def appearance(self, pictures: Pixels, *, model: str = APPEARANCE) -> Vectors:
        """Give the appearance vectors, FP32 [n, A], of stretched crops, UINT8 [n, 3, height, width].

        Raises:
            TritonError: see its subclasses.
        """
        return self._vectors(model, {"image": pictures})

    def attributes(self, pictures: Pixels, *, model: str = ATTRIBUTES) -> list[Attributes]:
        """Say of each stretched crop, UINT8 [n, 3, height, width], how probable each value of each group is.

        Those of `person.*` mean something for people alone, those of `vehicle.*` for vehicles alone; all are told.

        Raises:
            TritonError: see its subclasses.
        """
        try:
            groups = self.facts(model).attributes
        except ValueError as error:
            raise ModelRefusedError(model, self.url, f"its parameter `attributes` is malformed: {error}") from error
        length = sum(len(group.values) for group in groups)
        told: list[Attributes] = []
        for answer in self._batches(model, {"image": pictures}, ("probabilities",)):
            for row in answer["probabilities"]:
                if len(row) != length:
                    reason = f"it gave {len(row)} probabilities, but its parameter `attributes` names {length}"
                    raise ModelRefusedError(model, self.url, reason)
                probabilities = iter(row.tolist())
                told.append({group.key: {value: next(probabilities) for value in group.values} for group in groups})
        return told

    def faces(self, pictures: Pixels, *, model: str = FACES) -> list[Places]:
        """Find faces (heads) in letterboxed pictures, UINT8 [n, 3, height, width].

        Raises:
            TritonError: see its subclasses.
        """
        return self._places(model, pictures)

    def plates(self, pictures: Pixels, *, model: str = PLATES) -> list[Places]:
        """Find number plates in letterboxed pictures, UINT8 [n, 3, height, width].

        Raises:
            TritonError: see its subclasses.
        """
        return self._places(model, pictures)

    def facts(self, model: str, *, fresh: bool = False) -> ModelFacts:
        """Say what the server serves under a name; asked again from time to time, since weights may be switched.

        Args:
            model: its name.
            fresh: whether the server is asked at once.

        Raises:
            TritonError: see its subclasses.
        """
        known = self._facts.get(model)
        if not fresh and known is not None and time.monotonic() - known[0] < FACTS_SECONDS:
            return known[1]
        with self._guarded(model, "config"):
            config = self._inference().config(model, seconds=self._timeout)
        vectors = [output for output in config.output if output.name == "embedding"]
        facts = ModelFacts(
            model=model,
            input_shape=tuple(int(size) for size in config.input[0].dims),
            max_batch=max(1, int(config.max_batch_size)),
            dimension=int(vectors[0].dims[0]) if vectors else 0,
            parameters={key: value.string_value for key, value in config.parameters.items()},
        )
        self._facts[model] = (time.monotonic(), facts)
        return facts

    def canary(self, model: str) -> None:
        """Ask a model something small and look at the answer: health that `ready` flags cannot tell.

        Raises:
            TritonError: the model does not answer, or answers nonsense.
        """
        facts = self.facts(model)
        slot = slot_of(model)
        if slot == EMBED_TEXT:
            self._check_lengths(model, self.embed_text(["a person"], model=model))
            return
        grey = np.full((1, *facts.input_shape), GREY, np.uint8)
        if slot == DETECT:
            self.detect(grey, model=model)
        elif slot in {FACES, PLATES}:
            self._places(model, grey)
        elif slot == ATTRIBUTES:
            (told,) = self.attributes(grey, model=model)
            if not np.allclose([sum(values.values()) for values in told.values()], 1.0, atol=1e-2):
                raise ModelRefusedError(model, self.url, "it answers probabilities that do not sum to 1")
        else:
            self._check_lengths(model, self._vectors(model, {"image": grey}))

    def _check_lengths(self, model: str, vectors: Vectors) -> None:
        if not np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3):
            raise ModelRefusedError(model, self.url, "it answers vectors that are not of unit length")

    def close(self) -> None:
        """Close this process's channel; the next call opens it again."""
        channel = self._channels.pop(os.getpid(), None)
        if channel is not None:
            channel.close()

    def _vectors(self, model: str, inputs: Tensors) -> Vectors:
        answers = [answer["embedding"] for answer in self._batches(model, inputs, ("embedding",))]
        return np.concatenate(answers) if answers else np.zeros((0, self.facts(model).dimension), np.float32)

    def _places(self, model: str, pictures: Pixels) -> list[Places]:
        found: list[Places] = []
        for answer in self._batches(model, {"image": pictures}, ("boxes", "scores")):
            for boxes, scores in zip(answer["boxes"], answer["scores"], strict=True):
                real = scores > 0
                found.append(Places(boxes[real], scores[real]))
        return found

    def _batches(self, model: str, inputs: Tensors, outputs: tuple[str, ...]) -> list[dict[str, npt.NDArray[Any]]]:
        """Ask in batches no bigger than the model takes; the next travels while one is computed."""
        facts = self.facts(model)
        count = len(next(iter(inputs.values())))
        parts = [
            {name: values[start : start + facts.max_batch] for name, values in inputs.items()}
            for start in range(0, count, facts.max_batch)
        ]
        if len(parts) <= 1:
            return [self._infer(model, part, outputs) for part in parts]
        with ThreadPoolExecutor(UNDER_WAY) as pool:
            # The context carries the trace over to the threads.
            asked = [pool.submit(copy_context().run, self._infer, model, part, outputs) for part in parts]
            try:
                return [one.result() for one in asked]
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _infer(self, model: str, inputs: Tensors, outputs: tuple[str, ...]) -> dict[str, npt.NDArray[Any]]:
        count = len(next(iter(inputs.values())))
        started = time.monotonic()
        with self._gate(model), self._guarded(model, "infer", count):
            arrays = self._inference().infer(model, inputs, outputs, seconds=self._timeout)
            for name in outputs:
                if name not in arrays or len(arrays[name]) != count:
                    raise ModelRefusedError(model, self.url, f"it gave no {name!r} for each of {count} inputs")
        INFERENCES.add(count, {"model": model})
        INFERENCE_SECONDS.record(time.monotonic() - started, {"model": model})
        return arrays

    def _gate(self, model: str) -> threading.BoundedSemaphore:
        with self._lock:
            if model not in self._gates:
                self._gates[model] = threading.BoundedSemaphore(self._concurrency)
            return self._gates[model]

    def _breaker(self, model: str) -> pybreaker.CircuitBreaker:
        with self._lock:
            if model not in self._breakers:
                self._breakers[model] = pybreaker.CircuitBreaker(
                    fail_max=FAILURES_TO_OPEN, reset_timeout=OPEN_SECONDS, exclude=[ModelRefusedError], name=model
                )
            return self._breakers[model]

    @contextmanager
    def _guarded(self, model: str, what: str, items: int = 0) -> Iterator[None]:
        """Run one call inside a client span and the model's circuit breaker, with its errors as ours."""
        tracer = trace.get_tracer("sightline.triton")
        attributes: dict[str, str | int] = {
            "rpc.system": "grpc",
            "server.address": self.url,
            "sightline.model": model,
            "sightline.items": items,
        }
        with tracer.start_as_current_span(f"triton {what} {model}", kind=trace.SpanKind.CLIENT, attributes=attributes):
            try:
                with self._breaker(model).calling(), self._our_errors(model):
                    yield
            except pybreaker.CircuitBreakerError as error:
                reason = f"left alone for up to {OPEN_SECONDS:.0f} s after {FAILURES_TO_OPEN} failures in a row"
                raise TritonUnavailableError(model, self.url, reason) from error

    @contextmanager
    def _our_errors(self, model: str) -> Iterator[None]:
        try:
            yield
        except grpc.RpcError as error:
            code, message = error.code(), str(error.details())
            if code is grpc.StatusCode.DEADLINE_EXCEEDED:
                raise TritonDeadlineError(model, self.url, f"no answer within {self._timeout:.1f} s") from error
            if code in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.NOT_FOUND}:
                raise TritonUnavailableError(model, self.url, message) from error
            # Perhaps the weights were switched to others with another input: ask the server before the next try.
            self._facts.pop(model, None)
            raise ModelRefusedError(model, self.url, message) from error

    def _inference(self) -> Inference:
        process = os.getpid()
        with self._lock:
            if process not in self._channels:
                self._channels[process] = Inference(self.url)
            return self._channels[process]
