"""A Triton for the length of a measurement, and what it costs: processor time and memory of it and of its stubs."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.embedded import processes, repository, triton
from infra.embedded.child import CannotStartError, NotHealthyError
from infra.embedded.state import open_state, settle_config

_TICKS = os.sysconf("SC_CLK_TCK")
_STUB = "triton_python_backend_stub"
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Server:
    """A Triton to measure.

    Attributes:
        url: host:port of its gRPC.
        models: folder of what it serves.
        pid: of tritonserver, which leads its session; None where it is somebody else's.
    """

    url: str
    models: Path
    pid: int | None

    def processor_seconds(self) -> float:
        """Processor time that the server and its stubs have taken so far; 0 where it is somebody else's."""
        return sum(_processor_seconds(pid) for pid in self._pids())

    def memory_mib(self) -> dict[str, float]:
        """Resident memory: of `server`, and of each model's stubs by the model's name. Empty where it is not ours."""
        memory: dict[str, float] = {}
        for pid in self._pids():
            name = _name(pid)
            memory[name] = memory.get(name, 0.0) + _resident_mib(pid)
        return memory

    def _pids(self) -> list[int]:
        return processes.session_members(self.pid) if self.pid is not None else []


@contextmanager
def scratch_server(profile: str = "tiny", *, gpu: bool = False) -> Iterator[Server]:
    """Start the embedded Triton alone, in a folder that is thrown away; without `gpu` it sees no graphics card.

    Raises:
        CannotStartError: it does not come up; with the end of its log.
    """
    folder = Path(tempfile.mkdtemp(prefix="sightline-bench-"))
    started: subprocess.Popen[bytes] | None = None
    try:
        paths = open_state(folder / "state")
        config, _ = settle_config(paths, profile)
        repository.assemble(paths, profile, all_needed=False)
        child = triton.child(paths, config)
        log = paths.log("triton")
        with log.open("wb") as written:
            started = subprocess.Popen(
                child.launch_command(),
                env={**child.environment, **({} if gpu else {"CUDA_VISIBLE_DEVICES": ""})},
                cwd=child.folder,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                start_new_session=True,
            )
        deadline = time.monotonic() + child.start_within_s
        while True:
            try:
                child.healthy()
                break
            except NotHealthyError as error:
                if started.poll() is not None or time.monotonic() > deadline:
                    raise CannotStartError(f"Triton: {error}\n{log.read_text(errors='replace')[-2000:]}") from error
            time.sleep(_POLL_SECONDS)
        yield Server(triton.url(config), paths.models, started.pid)
    finally:
        if started is not None:
            processes.kill_session(started.pid)
            started.wait()
            if child.before_start is not None:
                child.before_start()
        shutil.rmtree(folder, ignore_errors=True)


def _processor_seconds(pid: int) -> float:
    try:
        fields = (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _resident_mib(pid: int) -> float:
    try:
        pages = int((Path("/proc") / str(pid) / "statm").read_text().split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _name(pid: int) -> str:
    """`server`, or the model that a stub runs: its first argument is the path of the model's file."""
    try:
        command = (Path("/proc") / str(pid) / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return "server"
    return Path(command[1].decode()).parts[-3] if command[0].decode().endswith(_STUB) else "server"
