"""What both exports do: trace a module with a free batch, and look whether ONNX Runtime says what PyTorch says."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch import nn

OPSET = 17
RANDOM = "random"
"""In the place of a checkpoint: a small network with arbitrary weights."""
TOLERANCE = 1e-3


class DifferentAnswerError(RuntimeError):
    """The exported network does not say what the checkpoint says."""

    def __init__(self, path: Path, output: str, difference: float) -> None:
        super().__init__(f"{path}: output {output!r} differs from PyTorch's by {difference:.2g} (at most {TOLERANCE})")


def traced(module: nn.Module, example: torch.Tensor, name: str, outputs: Sequence[str], path: Path) -> Path:
    """Write a module of one input as ONNX and check it on the example, whole and one by one.

    Args:
        module: in evaluation mode.
        example: an input of at least two rows.
        name: of the input tensor.
        outputs: names of the outputs.
        path: the file to write.

    Returns:
        The path.

    Raises:
        DifferentAnswerError: ONNX Runtime gives something else than PyTorch.
    """
    with torch.no_grad():
        torch.onnx.export(
            module,
            (example,),
            str(path),
            input_names=[name],
            output_names=list(outputs),
            dynamic_axes={tensor: {0: "batch"} for tensor in (name, *outputs)},
            opset_version=OPSET,
            # The tracer needs no further package, and its graphs are flat.
            dynamo=False,
        )
        wanted = module(example)
    answers = wanted if isinstance(wanted, tuple) else (wanted,)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rows = example.numpy()
    whole = session.run(list(outputs), {name: rows})
    single = [session.run(list(outputs), {name: row[None]}) for row in rows]
    for place, (output, answer) in enumerate(zip(outputs, answers, strict=True)):
        alone = np.concatenate([one[place] for one in single])
        _compare(path, output, answer.numpy(), whole[place])
        _compare(path, output, answer.numpy(), alone)
    return path


def _compare(path: Path, output: str, wanted: Any, found: Any) -> None:
    difference = float(np.abs(wanted - found).max())
    if not difference <= TOLERANCE:
        raise DifferentAnswerError(path, output, difference)
