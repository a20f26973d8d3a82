"""Triton's `onnxruntime` backend, in Python: serves what NVIDIA's container serves by its own, from the same folders.

Triton's Python backend runs this file in a process of its own for every model instance, with the packages of
`.venv-triton`. It reads the same `config.pbtxt` and `<version>/model.onnx`. Of the parameters that NVIDIA's backend
knows, `intra_op_thread_count` (0: the cores that this process may use, shared among the model's instances),
`inter_op_thread_count`, `execution_mode`, `session.intra_op.allow_spinning` and `optimization.graph.level` are read.

On the processor a batch is cut into as many runs as there are threads, each computed by one: that took 10-20 %
less processor time than letting all threads work on every operator. On a GPU (an instance of KIND_GPU, with the package
onnxruntime-gpu) batches stay whole.
"""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnxruntime
import triton_python_backend_utils as pb_utils
from answering import Answering, Tensors, check

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

_CUDA = "CUDAExecutionProvider"

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
        on_gpu = args["model_instance_kind"] == "GPU" and _CUDA in onnxruntime.get_available_providers()
        if on_gpu:
            # CUDA and cuDNN come as packages beside it.
            onnxruntime.preload_dlls()
        providers = [(_CUDA, {"device_id": args["model_instance_device_id"]})] if on_gpu else []
        cut = not on_gpu and config.get("max_batch_size", 0) > 0
        threads = int(parameters.get("intra_op_thread_count", 0)) or _fair_share(config)
        self._session = onnxruntime.InferenceSession(
            str(path),
            _session_options(config, parameters, threads=1 if cut else threads),
            providers=[*providers, "CPUExecutionProvider"],
        )
        for kind, tensors in (("input", self._session.get_inputs()), ("output", self._session.get_outputs())):
            check(kind, config[kind], {tensor.name: tensor.type for tensor in tensors}, _ONNX_TYPES)
        self._outputs = [entry["name"] for entry in config["output"]]
        self._answering = Answering("onnxruntime", config, self._run, threads=threads if cut else 1)
        pb_utils.Logger.log_info(
            f"{args['model_instance_name']}: {path} by ONNX Runtime {onnxruntime.__version__},"
            f" {self._session.get_providers()[0]}, {threads} threads"
        )

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """Answer the requests that Triton batched."""
        return self._answering.execute(requests)

    def finalize(self) -> None:
        """Let go of the network."""
        self._session = None

    def _run(self, tensors: Tensors) -> list[Any]:
        return self._session.run(self._outputs, tensors)


def _fair_share(config: Mapping[str, Any]) -> int:
    """Threads for one of the model's instances where the configuration leaves the number open."""
    instances = sum(int(group.get("count", 1)) for group in config.get("instance_group", []))
    return max(1, len(os.sched_getaffinity(0)) // max(1, instances))


def _session_options(config: Mapping[str, Any], parameters: Mapping[str, str], *, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = int(parameters.get("inter_op_thread_count", 0))
    options.execution_mode = onnxruntime.ExecutionMode(int(parameters.get("execution_mode", 0)))
    level = int(config.get("optimization", {}).get("graph", {}).get("level", 0))
    options.graph_optimization_level = _GRAPH_LEVELS[level]
    # Several models share the processor here: threads that spin while they wait would take it from each other.
    options.add_session_config_entry(
        "session.intra_op.allow_spinning", parameters.get("session.intra_op.allow_spinning", "0")
    )
    return options
