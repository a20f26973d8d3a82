"""What both exports do: trace a module with a free batch, and look whether ONNX Runtime says what PyTorch says."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
import torch
from torch import nn

OPSET = 17
RANDOM = "random"
"""In the place of a checkpoint: a small network with arbitrary weights."""
TOLERANCE = 1e-3

Answers = Sequence[npt.NDArray[Any]]
"""The outputs of one run, in their order."""
Difference = Callable[[Answers, Answers], float]


def largest(wanted: Answers, found: Answers) -> float:
    """How far the numbers of two runs are apart at most."""
    return max(float(np.abs(first - second).max()) for first, second in zip(wanted, found, strict=True))


class DifferentAnswerError(RuntimeError):
    """The exported network does not say what the checkpoint says."""

    def __init__(self, path: Path, difference: float, tolerance: float) -> None:
        super().__init__(f"{path}: its answer differs from PyTorch's by {difference:.2g} (at most {tolerance})")


def traced(
    module: nn.Module,
    example: torch.Tensor,
    name: str,
    outputs: Sequence[str],
    path: Path,
    *,
    difference: Difference = largest,
    tolerance: float = TOLERANCE,
) -> Path:
    """Write a module of one input as ONNX and check it on the example, whole and one by one.

    Args:
        module: in evaluation mode.
        example: an input of at least two rows.
        name: of the input tensor.
        outputs: names of the outputs.
        path: the file to write.
        difference: of the answers of PyTorch and of ONNX Runtime.
        tolerance: the largest that is let through.

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
    rows_alone = [np.concatenate([one[place] for one in single]) for place in range(len(outputs))]
    for found in (whole, rows_alone):
        apart = difference([answer.numpy() for answer in answers], found)
        if not apart <= tolerance:
            raise DifferentAnswerError(path, apart, tolerance)
    return path
