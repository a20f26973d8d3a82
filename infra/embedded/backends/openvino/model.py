"""Triton's `openvino` backend, in Python: serves what NVIDIA's container serves by its own, from the same folders.

Triton's Python backend runs this file in a process of its own for every model instance, with the packages of
`.venv-triton`. It reads the same `config.pbtxt` and `<version>/model.xml` with `model.bin`. Of the parameters that
NVIDIA's backend knows, `INFERENCE_NUM_THREADS` and `NUM_STREAMS` are honoured. It runs on the CPU.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openvino
import triton_python_backend_utils as pb_utils
from answering import Answering, Tensors, check

_OPENVINO_TYPES = {
    "TYPE_BOOL": "boolean",
    "TYPE_UINT8": "u8",
    "TYPE_INT8": "i8",
    "TYPE_INT16": "i16",
    "TYPE_INT32": "i32",
    "TYPE_INT64": "i64",
    "TYPE_FP16": "f16",
    "TYPE_FP32": "f32",
    "TYPE_FP64": "f64",
    "TYPE_STRING": "string",
}

_HONOURED = ("INFERENCE_NUM_THREADS", "NUM_STREAMS")


class TritonPythonModel:
    """One instance of one model."""

    def initialize(self, args: Mapping[str, str]) -> None:
        """Load the network and hold it against the configuration, so that a mismatch fails at the start."""
        config = json.loads(args["model_config"])
        parameters = {name: entry["string_value"] for name, entry in config.get("parameters", {}).items()}
        file = config.get("default_model_filename") or "model.xml"
        path = Path(args["model_repository"]) / args["model_version"] / file
        core = openvino.Core()
        network = core.read_model(str(path))
        for kind, tensors in (("input", network.inputs), ("output", network.outputs)):
            found = {name: tensor.element_type.to_string() for tensor in tensors for name in tensor.names}
            check(kind, config[kind], found, _OPENVINO_TYPES)
        settings = {name: parameters[name] for name in _HONOURED if name in parameters}
        self._request = core.compile_model(network, "CPU", settings).create_infer_request()
        self._outputs = [entry["name"] for entry in config["output"]]
        self._answering = Answering("openvino", config, self._run)
        pb_utils.Logger.log_info(f"{args['model_instance_name']}: {path} by OpenVINO {openvino.__version__}")

    def execute(self, requests: Sequence[Any]) -> list[Any]:
        """Answer the requests that Triton batched."""
        return self._answering.execute(requests)

    def finalize(self) -> None:
        """Let go of the network."""
        self._request = None

    def _run(self, tensors: Tensors) -> list[Any]:
        # The request's output memory is written again by the next run: take copies.
        self._request.infer(dict(tensors), share_inputs=True)
        return [self._request.get_tensor(name).data.copy() for name in self._outputs]
