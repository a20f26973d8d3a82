"""Scratch folders go with their worker."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from services.ingest.adapters.scratch import scratch_folder

ROOT = Path(__file__).resolve().parents[2]

_WORKER = """
import sys, time
from services.ingest.adapters.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "upload").write_bytes(b"x")
    print(folder, flush=True)
    time.sleep(600)
"""


def test_what_a_killed_worker_left_is_swept_and_a_living_ones_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _WORKER],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        )
        for _ in range(2)
    ]
    try:
        folders = [Path(worker.stdout.readline().strip()) for worker in workers if worker.stdout is not None]
        for folder in folders:
            os.utime(folder, (0, 0))
        workers[0].send_signal(signal.SIGKILL)
        workers[0].wait()
        with scratch_folder() as own:
            assert own.is_dir()
            assert [folder.exists() for folder in folders] == [False, True]
        assert not own.exists()
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()
