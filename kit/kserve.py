"""The inference protocol that Triton speaks (KServe v2 over gRPC), without needless copies of the tensors.

Protobuf would copy and grow a buffer several times over for the megabytes of a batch of pictures, which took a tenth of
the time of the networks themselves. Here the small part of a request is written by protobuf, and the tensors' bytes are
joined to it once: serialised messages may be concatenated (protobuf's encoding, "last one wins" and repeated fields).
"""

import json
from collections.abc import Mapping
from typing import Any

import grpc
import numpy as np
import numpy.typing as npt
from tritonclient.grpc import service_pb2
from tritonclient.utils import np_to_triton_dtype, triton_to_np_dtype

Tensors = Mapping[str, npt.NDArray[Any]]

SERVICE = "inference.GRPCInferenceService"
MAX_MESSAGE_BYTES = 256 * 1024 * 1024
# gRPC retries calls that never reached the server: after about 0.2, 0.4, 0.8 and 1.6 s, within the call's deadline.
RETRIES = {
    "methodConfig": [
        {
            "name": [{"service": SERVICE}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.2s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}

_VARINT_BITS = 7
_LENGTH_DELIMITED = 2


def _tag(field: str) -> bytes:
    number = service_pb2.ModelInferRequest.DESCRIPTOR.fields_by_name[field].number
    return _varint(number << 3 | _LENGTH_DELIMITED)


def _varint(value: int) -> bytes:
    written = bytearray()
    while value >> _VARINT_BITS:
        written.append(value & 0x7F | 0x80)
        value >>= _VARINT_BITS
    written.append(value)
    return bytes(written)


_RAW_INPUT = _tag("raw_input_contents")


def request(model: str, inputs: Tensors, outputs: tuple[str, ...]) -> bytes:
    """Write a `ModelInferRequest`: inputs by name, and the names of the outputs that are wanted."""
    head = service_pb2.ModelInferRequest(model_name=model)
    contents: list[bytes | memoryview] = []
    for name, values in inputs.items():
        head.inputs.add(name=name, datatype=np_to_triton_dtype(values.dtype), shape=values.shape)
        flat = np.ascontiguousarray(values)
        # Little-endian in rows: as the arrays lie in memory.
        contents += (_RAW_INPUT, _varint(flat.nbytes), flat.reshape(-1).view(np.uint8).data)
    for name in outputs:
        head.outputs.add(name=name)
    return b"".join([head.SerializeToString(), *contents])


def arrays(message: Any) -> dict[str, npt.NDArray[Any]]:
    """Read a `ModelInferResponse`: outputs by name, as read-only views of its bytes."""
    return {
        output.name: np.frombuffer(content, triton_to_np_dtype(output.datatype)).reshape(tuple(output.shape))
        for output, content in zip(message.outputs, message.raw_output_contents, strict=True)
    }


class Inference:
    """A channel to one server. Threads may share it; it does not survive a fork.

    Args:
        url: host:port of the server's gRPC.
    """

    def __init__(self, url: str) -> None:
        options = [
            ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
            ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
            ("grpc.enable_retries", 1),
            ("grpc.service_config", json.dumps(RETRIES)),
        ]
        self._channel = grpc.insecure_channel(url, options)
        # Requests come as bytes already.
        self._infer = self._channel.unary_unary(
            f"/{SERVICE}/ModelInfer", response_deserializer=service_pb2.ModelInferResponse.FromString
        )
        self._config = self._channel.unary_unary(
            f"/{SERVICE}/ModelConfig",
            request_serializer=service_pb2.ModelConfigRequest.SerializeToString,
            response_deserializer=service_pb2.ModelConfigResponse.FromString,
        )

    def infer(
        self, model: str, inputs: Tensors, outputs: tuple[str, ...], *, seconds: float
    ) -> dict[str, npt.NDArray[Any]]:
        """Compute the named outputs of a model.

        Raises:
            grpc.RpcError: with the server's status; DEADLINE_EXCEEDED after so many seconds.
        """
        return arrays(self._infer(request(model, inputs, outputs), timeout=seconds))

    def config(self, model: str, *, seconds: float) -> Any:
        """Give the server's `ModelConfig` of a model.

        Raises:
            grpc.RpcError: with the server's status; DEADLINE_EXCEEDED after so many seconds.
        """
        return self._config(service_pb2.ModelConfigRequest(name=model), timeout=seconds).config

    def close(self) -> None:
        """Close the channel."""
        self._channel.close()
