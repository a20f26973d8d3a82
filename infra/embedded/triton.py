"""NVIDIA Triton: the real `tritonserver` from the `nvidia-pytriton` wheel, in an environment of its own (numpy < 2).

It serves the same folders as NVIDIA's container. There the `onnxruntime` and `openvino` backends are NVIDIA's
libraries; here they are `backends/<name>/model.py`, which Triton's Python backend runs.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
from pathlib import Path

import msgspec

from infra.embedded.child import KEEPS_MEMORY, CannotStartError, Child, answers_http, plain_environment
from infra.embedded.state import CHECKOUT, Paths, StackConfig

PYTHON_VARIABLE = "SIGHTLINE_TRITON_PYTHON"

_RESTRICTED = ("grpc-restricted-protocol", "http-restricted-api")
_CARDS = "CUDA_VISIBLE_DEVICES"
_BACKENDS = Path(__file__).with_name("backends")
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  where Linux keeps it; nothing is made there by name here

_ASK_ENVIRONMENT = """
import importlib.metadata, json, sys, sysconfig, numpy
print(json.dumps({
    "packages": sysconfig.get_path("purelib"),
    "version": "%d.%d" % sys.version_info[:2],
    "library_folder": sysconfig.get_config_var("LIBDIR") or "",
    "library": sysconfig.get_config_var("INSTSONAME") or "",
    "numpy": numpy.__version__,
    "gpu": any(one.name == "onnxruntime-gpu" for one in importlib.metadata.distributions()),
}))
"""


class _Environment(msgspec.Struct, frozen=True):
    packages: str
    version: str
    library_folder: str
    library: str
    numpy: str
    gpu: bool
    """Whether its ONNX Runtime is the one that can compute on NVIDIA's cards."""


def url(config: StackConfig) -> str:
    """Where gRPC listens, host:port."""
    return f"127.0.0.1:{config.ports['triton']}"


def environment_python() -> Path:
    """The Python of Triton's own environment. Raises CannotStartError where there is none."""
    python = Path(os.environ.get(PYTHON_VARIABLE) or CHECKOUT / ".venv-triton" / "bin" / "python")
    if not python.exists():
        raise CannotStartError(
            f"Triton's environment is missing ({python}): make venv, or name its python in {PYTHON_VARIABLE}"
        )
    return python


def _environment(python: Path) -> _Environment:
    asked = subprocess.run(
        (str(python), "-I", "-c", _ASK_ENVIRONMENT), capture_output=True, text=True, check=False, timeout=120
    )
    if asked.returncode != 0:
        raise CannotStartError(f"{python} does not run: {asked.stderr.strip()[-300:]}; make it anew with make venv")
    found = msgspec.json.decode(asked.stdout, type=_Environment)
    if int(found.numpy.split(".")[0]) >= 2:
        raise CannotStartError(
            f"{python} has numpy {found.numpy}, with which Triton's tensors arrive empty:"
            " install requirements/triton.lock"
        )
    return found


def _library_path(environment: _Environment) -> str:
    bundled = Path(environment.packages) / "nvidia_pytriton.libs"
    folders = [str(bundled)]
    if (Path(environment.library_folder) / environment.library).is_file():
        folders.append(environment.library_folder)
    return ":".join(folders)


def _place_backends(folder: Path, environment: _Environment) -> None:
    """Lay out the backend folders as tritonserver wants them: the stub of the right Python beside the backend."""
    server = Path(environment.packages) / "pytriton" / "tritonserver"
    stub = server / "python_backend_stubs" / environment.version / "triton_python_backend_stub"
    if not stub.exists():
        raise CannotStartError(f"this Triton has no stub for Python {environment.version} ({stub}); use 3.11 or 3.12")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "python").mkdir(parents=True)
    for source in (*(server / "backends" / "python").iterdir(), stub):
        # Copies: Triton refuses a backend that leads out of its folder.
        shutil.copy2(source, folder / "python" / source.name)
    for name in ("onnxruntime", "openvino"):
        shutil.copytree(_BACKENDS / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy2(_BACKENDS / "answering.py", folder / name)


def _check_stub_runs(folder: Path, library_path: str, version: str) -> None:
    stub = folder / "python" / "triton_python_backend_stub"
    listed = subprocess.run(
        ("ldd", str(stub)),
        capture_output=True,
        text=True,
        check=False,
        env={"LD_LIBRARY_PATH": library_path, "PATH": os.defpath},
    )
    missing = [line.split()[0] for line in listed.stdout.splitlines() if "not found" in line]
    if missing:
        raise CannotStartError(
            f"Triton's Python {version} needs {', '.join(missing)}, which this machine has not. On Debian and Ubuntu:"
            f" apt install libpython{version}; or make the environments with a Python that uv brings: make clean venv"
            " WANTED_PYTHON=cpython-3.12"
        )


def _graphics_cards(environment: _Environment) -> dict[str, str]:
    """Which cards Triton may see: the caller's where its backend can compute on them, else none, which leaves them to
    others."""
    if not environment.gpu:
        return {_CARDS: ""}
    return {_CARDS: os.environ[_CARDS]} if _CARDS in os.environ else {}


def child(paths: Paths, config: StackConfig) -> Child:
    """Lay out the backends and describe the server of all models that are laid out. Raises CannotStartError."""
    folder = paths.server("triton")
    python = environment_python()
    environment = _environment(python)
    library_path = _library_path(environment)
    _place_backends(folder / "backends", environment)
    _check_stub_runs(folder / "backends", library_path, environment.version)
    # Python runs in the folder it starts in before all others: keep that one empty.
    (folder / "empty").mkdir(exist_ok=True)
    shared_memory_prefix = f"sightline_{config.stack_id}_"
    http_port = config.ports["triton_http"]

    def remove_shared_memory() -> None:
        for left in _SHARED_MEMORY.glob(f"{shared_memory_prefix}*"):
            with contextlib.suppress(FileNotFoundError):
                left.unlink()

    options: dict[str, object] = {
        "model-repository": paths.models,
        "backend-directory": folder / "backends",
        "model-control-mode": "explicit",
        "http-address": "127.0.0.1",
        "http-port": http_port,
        "grpc-address": "127.0.0.1",
        "grpc-port": config.ports["triton"],
        "metrics-address": "127.0.0.1",
        "metrics-port": config.ports["triton_metrics"],
        "allow-gpu-metrics": "false",
        "exit-timeout-secs": 5,
        "log-format": "ISO8601",
    }
    shared_memory = f"python,shm-region-prefix-name={shared_memory_prefix}"
    server = Path(environment.packages) / "pytriton" / "tritonserver" / "bin" / "tritonserver"
    return Child(
        name="triton",
        command=(
            str(server),
            "--disable-auto-complete-config",
            *(f"--{name}={value}" for name, value in options.items()),
            f"--backend-config={shared_memory}",
            # Tensors travel in messages. Regions of shared memory would be there for everybody who reaches the port: to
            # read as input, to write as output, the backends' own among them (CVE-2025-23319). Nobody is told the key.
            *(f"--{door}=shared-memory:sightline-key={secrets.token_urlsafe(16)}" for door in _RESTRICTED),
            # Also those that a switch laid beside the others since, when it is started again.
            "--load-model=*",
        ),
        environment=plain_environment(config.stack_id)
        | KEEPS_MEMORY
        | {
            # The first python3 on PATH decides which packages the backend sees.
            "PATH": f"{python.parent}:{os.environ.get('PATH', os.defpath)}",
            "LD_LIBRARY_PATH": library_path,
        }
        | _graphics_cards(environment),
        healthy=answers_http(http_port, "/v2/health/ready"),
        folder=folder / "empty",
        port=config.ports["triton"],
        start_within_s=300,
        before_start=remove_shared_memory,
    )
