"""The command: see the package."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bench.inference
from bench.inference.measure import Bench, Settings, picture_query_times, picture_rates, question_times, wire_bytes
from bench.inference.peer import running_peer
from bench.inference.server import Server, scratch_server
from bench.report import measured, publish
from infra.embedded.child import KEEPS_MEMORY
from infra.embedded.state import CHECKOUT
from infra.embedded.triton import environment_python
from kit.triton import DETECT, EMBED_IMAGE, EMBED_TEXT, Triton, slot_of


def main() -> None:
    """Measures, prints, writes."""
    if not os.environ.keys() >= KEEPS_MEMORY.keys():
        # As the services run: their allocator reads this before anything of theirs.
        again = [sys.executable, "-m", "bench.inference", *sys.argv[1:]]
        os.execve(again[0], again, os.environ | KEEPS_MEMORY)  # noqa: S606  a list, no shell, and no return
    parser = argparse.ArgumentParser(
        prog="python -m bench.inference", description=(bench.inference.__doc__ or "").split("\n", maxsplit=1)[0]
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--triton", help="host:port of a running Triton's gRPC; none: one is started and thrown away")
    parser.add_argument(
        "--models", type=Path, default=CHECKOUT / "model_repository", help="what the running Triton serves"
    )
    parser.add_argument("--only", nargs="+", default=[], help="measure these models alone")
    parser.add_argument("--rounds", type=int, default=11, help="turns of ours and the peer")
    parser.add_argument("--in-flight", type=int, default=3, help="requests that the client keeps going")
    parser.add_argument("--gpu", action="store_true", help="compute on the GPU, where onnxruntime-gpu is installed")
    arguments = parser.parse_args()
    settings = Settings(rounds=arguments.rounds, in_flight=arguments.in_flight, gpu=arguments.gpu)
    with _server(arguments.triton, arguments.models, gpu=arguments.gpu) as server:
        figures = _figures(server, settings, arguments.only)
    told = {"rounds": settings.rounds, "in_flight": settings.in_flight, "cores": settings.cores, "gpu": settings.gpu}
    publish(measured("inference", told, figures), arguments.json)


@contextmanager
def _server(url: str | None, models: Path, *, gpu: bool) -> Iterator[Server]:
    if url is not None:
        yield Server(url, models, None)
        return
    with scratch_server(gpu=gpu) as server:
        yield server


def _figures(server: Server, settings: Settings, only: list[str]) -> dict[str, float]:
    served = sorted(path.parent.name for path in server.models.glob("*/config.pbtxt"))
    chosen = [model for model in served if not only or model in only]
    texts = [model for model in chosen if slot_of(model) == EMBED_TEXT]
    pictures = [model for model in chosen if model not in texts]
    figures: dict[str, float] = {}
    with (
        tempfile.TemporaryDirectory(prefix="sightline-bench-") as folder,
        running_peer(environment_python(), Path(folder)) as peer,
    ):
        triton = Triton(server.url, concurrency=settings.in_flight)
        ready = Bench(server, triton, peer, settings)
        for model in pictures:
            figures |= picture_rates(ready, model)
        for model in texts:
            figures |= question_times(ready, model, bulk=DETECT if DETECT in served else None)
        for model in pictures:
            if slot_of(model) == EMBED_IMAGE:
                figures |= picture_query_times(ready, model)
        figures |= wire_bytes(ready, pictures)
        figures |= {f"memory.{name}.mib": mib for name, mib in sorted(server.memory_mib().items())}
        triton.close()
    return figures


if __name__ == "__main__":
    main()
