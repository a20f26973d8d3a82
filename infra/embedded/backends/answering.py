"""What the Python-based backends share: requests that Triton batched, answered in one run of the network.

The embedded stack lays a copy of this file beside each backend's `model.py`.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils

Tensors = Mapping[str, Any]
"""One request's arrays by input name."""

Run = Callable[[Tensors], Sequence[Any]]
"""Runs the network on a batch and gives the outputs in the configuration's order."""


class Answering:
    """Answers the requests of one model instance.

    Args:
        backend: its name, for messages.
        config: the model's configuration.
        run: runs the network; from several threads at once where there are several.
        threads: how many runs a batch is cut into, each in a thread of its own.
    """

    def __init__(self, backend: str, config: Mapping[str, Any], run: Run, *, threads: int = 1) -> None:
        self._backend = backend
        self._parts = threads
        # The thread that asks computes a part itself.
        self._others = ThreadPoolExecutor(max(1, threads - 1))
        self._run = run
        self._inputs = [entry["name"] for entry in config["input"]]
        self._outputs = [entry["name"] for entry in config["output"]]
        self._batched = config.get("max_batch_size", 0) > 0

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """Answer the requests that Triton batched, as one batch where they fit together."""
        tensors = [
            None
            if request.is_cancelled()
            else {name: pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in self._inputs}
            for request in requests
        ]
        live = [index for index, one in enumerate(tensors) if one is not None]
        answers = [self._failure("cancelled", pb_utils.TritonError.CANCELLED)] * len(requests)
        try:
            together = self._run_together([tensors[index] for index in live])
            for index, values in zip(live, together, strict=True):
                answers[index] = self._response(requests[index], values)
        except Exception as error:  # noqa: BLE001  whatever it is, Triton tells the client
            # One request can spoil a batch (an id outside the vocabulary): then each answers for itself.
            for index in live:
                answers[index] = self._alone(requests[index], tensors[index]) if len(live) > 1 else self._failure(error)
        return answers

    def _run_together(self, tensors: Sequence[Tensors]) -> list[Sequence[Any]]:
        if not tensors or not self._batched or not _same_shapes(tensors):
            return self._run_each(tensors)
        sizes = [len(one[self._inputs[0]]) for one in tensors]
        outputs = [np.concatenate(values) for values in zip(*self._run_each(self._cut(tensors, sizes)), strict=True)]
        parts = [np.split(output, np.cumsum(sizes)[:-1]) for output in outputs]
        return [[part[index] for part in parts] for index in range(len(tensors))]

    def _run_each(self, batches: Sequence[Tensors]) -> list[Sequence[Any]]:
        if self._parts == 1 or len(batches) <= 1:
            return [self._run(one) for one in batches]
        others = [self._others.submit(self._run, one) for one in batches[1:]]
        try:
            return [self._run(batches[0]), *(one.result() for one in others)]
        finally:
            # Their inputs lie in the requests' memory, which is given back when the answers are.
            wait(others)

    def _cut(self, tensors: Sequence[Tensors], sizes: Sequence[int]) -> list[Tensors]:
        """Cut the requests, laid end to end, into a batch for each thread; what lies in one request is not copied."""
        total = sum(sizes)
        parts = max(1, min(self._parts, total))
        edges = [total * part // parts for part in range(parts + 1)]
        starts = np.cumsum([0, *sizes])
        batches = []
        for low, high in itertools.pairwise(edges):
            pieces = [
                (one, max(0, low - start), high - start)
                for one, start, size in zip(tensors, starts, sizes, strict=False)
                if start < high and start + size > low
            ]
            batches.append({name: _joined([one[name][a:b] for one, a, b in pieces]) for name in self._inputs})
        return batches

    def _alone(self, request: Any, tensors: Tensors) -> Any:
        try:
            return self._response(request, self._run(tensors))
        except Exception as error:  # noqa: BLE001  whatever it is, Triton tells the client
            return self._failure(error)

    def _response(self, request: Any, values: Sequence[Any]) -> Any:
        wanted = set(request.requested_output_names())
        return pb_utils.InferenceResponse(
            [
                pb_utils.Tensor(name, np.ascontiguousarray(value))
                for name, value in zip(self._outputs, values, strict=True)
                if name in wanted
            ]
        )

    def _failure(self, error: object, code: int | None = None) -> Any:
        problem = pb_utils.TritonError(f"{self._backend}: {error}", *([code] if code is not None else []))
        return pb_utils.InferenceResponse(error=problem)


def check(
    kind: str, configured: Sequence[Mapping[str, Any]], found: Mapping[str, str], names: Mapping[str, str]
) -> None:
    """Hold one side of the configuration against the network, so that a mismatch fails at the start.

    Args:
        kind: `input` or `output`.
        configured: the configuration's entries.
        found: the network's tensors and their types, in the backend's own words.
        names: Triton's types in those words.

    Raises:
        TritonModelException: a tensor is missing or of another type.
    """
    for entry in configured:
        name, wanted = entry["name"], names.get(entry["data_type"], entry["data_type"])
        if name not in found:
            raise pb_utils.TritonModelException(
                f"config.pbtxt names {kind} '{name}', but the network has {', '.join(sorted(found))}"
            )
        if found[name] != wanted:
            raise pb_utils.TritonModelException(
                f"config.pbtxt says {wanted} for {kind} '{name}', but the network has {found[name]}"
            )


def _joined(pieces: Sequence[Any]) -> Any:
    return pieces[0] if len(pieces) == 1 else np.concatenate(pieces)


def _same_shapes(tensors: Sequence[Tensors]) -> bool:
    first = {name: value.shape[1:] for name, value in tensors[0].items()}
    return all(value.shape[1:] == first[name] for one in tensors[1:] for name, value in one.items())
