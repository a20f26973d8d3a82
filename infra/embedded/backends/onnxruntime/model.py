"""Triton's `onnxruntime` backend, in Python: serves what NVIDIA's container serves by its own, from the same folders.

Triton's Python backend runs this file in a process of its own for every model instance, with the packages of
`.venv-triton`. It reads the same `config.pbtxt` and `<version>/model.onnx`. Of the parameters that NVIDIA's backend
knows, `intra_op_thread_count`, `inter_op_thread_count`, `execution_mode` and `session.intra_op.allow_spinning` are
honoured, and `optimization.graph.level`. It runs on the CPU.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import triton_python_backend_utils as pb_utils

Tensors = Mapping[str, Any]
"""One request's arrays by input name."""

_ONNX_TYPES = {
    "TYPE_BOOL": "tensor(bool)",
    "TYPE_UINT8": "tensor(uint8)",
    "TYPE_INT8": "tensor(int8)",
    "TYPE_INT16": "tensor(int16)",
    "TYPE_INT32": "tensor(int32)",
    "TYPE_INT64": "tensor(int64)",
    "TYPE_FP16": "tensor(float16)",
    "TYPE_FP32": "tensor(float)",
    "TYPE_FP64": "tensor(double)",
    "TYPE_STRING": "tensor(string)",
}

# NVIDIA's levels: -1 basic, 0 as it comes, 1 extended, 2 all.
_GRAPH_LEVELS = {
    -1: onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    0: onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
    1: onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    2: onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
}


class TritonPythonModel:
    """One instance of one model."""

    def initialize(self, args: Mapping[str, str]) -> None:
        """Load the network and hold it against the configuration, so that a mismatch fails at the start."""
        config = json.loads(args["model_config"])
        parameters = {name: entry["string_value"] for name, entry in config.get("parameters", {}).items()}
        file = config.get("default_model_filename") or "model.onnx"
        path = Path(args["model_repository"]) / args["model_version"] / file
        self._session = onnxruntime.InferenceSession(
            str(path), _session_options(config, parameters), providers=["CPUExecutionProvider"]
        )
        _check("input", config["input"], self._session.get_inputs())
        _check("output", config["output"], self._session.get_outputs())
        self._inputs = [entry["name"] for entry in config["input"]]
        self._outputs = [entry["name"] for entry in config["output"]]
        self._batched = config.get("max_batch_size", 0) > 0
        pb_utils.Logger.log_info(f"{args['model_instance_name']}: {path} by ONNX Runtime {onnxruntime.__version__}")

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """Answer the requests that Triton batched, in one run of the network where they fit together."""
        tensors = [
            None
            if request.is_cancelled()
            else {name: pb_utils.get_input_tensor_by_name(request, name).as_numpy() for name in self._inputs}
            for request in requests
        ]
        live = [index for index, one in enumerate(tensors) if one is not None]
        answers = [_failure("cancelled", pb_utils.TritonError.CANCELLED)] * len(requests)
        try:
            together = self._run_together([tensors[index] for index in live])
            for index, values in zip(live, together, strict=True):
                answers[index] = self._response(requests[index], values)
        except Exception as error:  # noqa: BLE001  whatever it is, Triton tells the client
            # One request can spoil a batch (an id outside the vocabulary): then each answers for itself.
            for index in live:
                answers[index] = self._alone(requests[index], tensors[index]) if len(live) > 1 else _failure(error)
        return answers

    def finalize(self) -> None:
        """Let go of the network."""
        self._session = None

    def _run_together(self, tensors: Sequence[Tensors]) -> list[list[Any]]:
        if len(tensors) <= 1 or not self._batched or not _same_shapes(tensors):
            return [self._session.run(self._outputs, one) for one in tensors]
        sizes = [one[self._inputs[0]].shape[0] for one in tensors]
        batch = {name: np.concatenate([one[name] for one in tensors]) for name in self._inputs}
        cuts = np.cumsum(sizes)[:-1]
        parts = [np.split(output, cuts) for output in self._session.run(self._outputs, batch)]
        return [[part[index] for part in parts] for index in range(len(tensors))]

    def _alone(self, request: Any, tensors: Tensors) -> Any:
        try:
            return self._response(request, self._session.run(self._outputs, tensors))
        except Exception as error:  # noqa: BLE001  whatever it is, Triton tells the client
            return _failure(error)

    def _response(self, request: Any, values: Sequence[Any]) -> Any:
        wanted = set(request.requested_output_names())
        return pb_utils.InferenceResponse(
            [
                pb_utils.Tensor(name, np.ascontiguousarray(value))
                for name, value in zip(self._outputs, values, strict=True)
                if name in wanted
            ]
        )


def _session_options(config: Mapping[str, Any], parameters: Mapping[str, str]) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(parameters.get("intra_op_thread_count", 0))
    options.inter_op_num_threads = int(parameters.get("inter_op_thread_count", 0))
    options.execution_mode = onnxruntime.ExecutionMode(int(parameters.get("execution_mode", 0)))
    level = int(config.get("optimization", {}).get("graph", {}).get("level", 0))
    options.graph_optimization_level = _GRAPH_LEVELS[level]
    # Several models share the processor here: threads that spin while they wait would take it from each other.
    options.add_session_config_entry(
        "session.intra_op.allow_spinning", parameters.get("session.intra_op.allow_spinning", "0")
    )
    return options


def _check(kind: str, configured: Sequence[Mapping[str, Any]], found: Sequence[Any]) -> None:
    by_name = {value.name: value for value in found}
    for entry in configured:
        name, wanted = entry["name"], _ONNX_TYPES.get(entry["data_type"], entry["data_type"])
        if name not in by_name:
            raise pb_utils.TritonModelException(
                f"config.pbtxt names {kind} '{name}', but the network has {', '.join(sorted(by_name))}"
            )
        if by_name[name].type != wanted:
            raise pb_utils.TritonModelException(
                f"config.pbtxt says {wanted} for {kind} '{name}', but the network has {by_name[name].type}"
            )


def _same_shapes(tensors: Sequence[Tensors]) -> bool:
    first = {name: value.shape[1:] for name, value in tensors[0].items()}
    return all(value.shape[1:] == first[name] for one in tensors[1:] for name, value in one.items())


def _failure(error: object, code: int | None = None) -> Any:
    problem = pb_utils.TritonError(f"onnxruntime: {error}", *([code] if code is not None else []))
    return pb_utils.InferenceResponse(error=problem)
