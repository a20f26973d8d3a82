"""ONNX Runtime called directly: a program of its own, run by the Python that Triton's backend runs on.

It stands alone (standard library, numpy, onnxruntime). It reads one request a line from standard input and answers one
line, both JSON:

    {"do": "load", "name": …, "path": …, "threads": n, "gpu": bool}           a session
    {"do": "saturate", "names": […], "inputs": FILE.npz, "seconds": s}        a thread a session, as fast as it goes
    {"do": "time", "name": …, "inputs": [FILE.npz, …]}                        one run after another: milliseconds each
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime

SESSIONS: dict[str, Any] = {}


def main() -> None:
    """Answer requests until the input ends."""
    for line in sys.stdin:
        request = json.loads(line)
        sys.stdout.write(json.dumps(VERBS[request.pop("do")](**request)) + "\n")
        sys.stdout.flush()


def load(*, name: str, path: str, threads: int, gpu: bool) -> dict[str, Any]:
    """Open a session as the backend opens its own, and say what computes."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if gpu:
        onnxruntime.preload_dlls()
    providers = [*(["CUDAExecutionProvider"] if gpu else []), "CPUExecutionProvider"]
    SESSIONS[name] = onnxruntime.InferenceSession(path, options, providers=providers)
    return {"providers": SESSIONS[name].get_providers(), "version": onnxruntime.__version__}


def saturate(*, names: list[str], inputs: str, seconds: float) -> dict[str, float]:
    """Run the sessions, a thread each, over and over; count the batches."""
    tensors = dict(np.load(inputs))
    runs = [0] * len(names)
    ends = time.monotonic() + seconds

    def work(place: int) -> None:
        session = SESSIONS[names[place]]
        while not runs[place] or time.monotonic() < ends:
            session.run(None, tensors)
            runs[place] += 1

    began, processor = time.monotonic(), time.process_time()
    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(names))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "batches": sum(runs),
        "seconds": time.monotonic() - began,
        "processor_seconds": time.process_time() - processor,
    }


def time_each(*, name: str, inputs: list[str]) -> list[float]:
    """Run one session on each input in turn."""
    session = SESSIONS[name]
    milliseconds = []
    for tensors in [dict(np.load(file)) for file in inputs]:
        began = time.perf_counter()
        session.run(None, tensors)
        milliseconds.append((time.perf_counter() - began) * 1000)
    return milliseconds


VERBS: dict[str, Callable[..., Any]] = {"load": load, "saturate": saturate, "time": time_each}

if __name__ == "__main__":
    main()
