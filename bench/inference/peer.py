"""The peer: ONNX Runtime called directly (`direct.py`), in a process of its own."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from bench.inference.rates import Slice

_PROGRAM = Path(__file__).with_name("direct.py")

Tensors = Mapping[str, npt.NDArray[Any]]


class PeerFailedError(Exception):
    """The peer ended; its own words are on standard error."""


@dataclass(frozen=True)
class Peer:
    """A running `direct.py`; `folder` is where inputs pass."""

    process: subprocess.Popen[bytes]
    folder: Path

    def load(self, name: str, path: Path, *, threads: int, gpu: bool) -> None:
        """Open a session under a name.

        Raises:
            PeerFailedError: the GPU was asked for and does not compute.
        """
        providers = msgspec.convert(
            self._ask(do="load", name=name, path=str(path), threads=threads, gpu=gpu)["providers"], list[str]
        )
        if gpu and "CUDAExecutionProvider" not in providers:
            raise PeerFailedError(
                f"{path} runs by {providers[0]}, not on a GPU: onnxruntime-gpu[cuda,cudnn] must take the place of"
                " onnxruntime in Triton's environment (docs/reference/inference.md), and a card must be there"
            )

    def keep(self, name: str, tensors: Tensors) -> Path:
        """Write inputs where the peer can read them."""
        file = self.folder / f"{name}.npz"
        np.savez(file, allow_pickle=False, **tensors)
        return file

    def saturate(self, names: Sequence[str], inputs: Path, *, batch: int, seconds: float) -> Slice:
        """Run the sessions over and over, a thread each."""
        told = self._ask(do="saturate", names=list(names), inputs=str(inputs), seconds=seconds)
        answer = msgspec.convert(told, dict[str, float])
        return Slice(int(answer["batches"]) * batch, answer["seconds"], answer["processor_seconds"])

    def time_each(self, name: str, inputs: Sequence[Path]) -> list[float]:
        """Milliseconds of a run on each input, one after another."""
        return msgspec.convert(self._ask(do="time", name=name, inputs=[str(file) for file in inputs]), list[float])

    def _ask(self, **request: Any) -> Any:
        if self.process.stdin is None or self.process.stdout is None:
            raise PeerFailedError("the peer was started without pipes")
        self.process.stdin.write(msgspec.json.encode(request) + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise PeerFailedError(f"direct.py ended with {self.process.wait()} over {request}")
        return msgspec.json.decode(line)


@contextmanager
def running_peer(python: Path, folder: Path) -> Iterator[Peer]:
    """The peer for the length of a block, on the given Python."""
    process = subprocess.Popen([str(python), "-I", str(_PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield Peer(process, folder)
    finally:
        process.kill()
        process.wait()
