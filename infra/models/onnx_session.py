"""ONNX graphs run directly, without a server: while training, and where served graphs are measured."""

from pathlib import Path

import onnxruntime


def session_of(source: Path | bytes, threads: int = 1) -> onnxruntime.InferenceSession:
    """Open a graph on the processor.

    Args:
        source: its file, or its bytes.
        threads: for its operators. One by default: small networks gain little from more, and waiting threads burn what
            others need.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, threads)
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        str(source) if isinstance(source, Path) else source, options, providers=["CPUExecutionProvider"]
    )
