"""Scratch folders go with their worker."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from services.ingest.adapters.scratch import scratch_folder


def test_what_a_killed_worker_left_is_swept_and_a_living_ones_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left, living = (tmp_path / f"sightline-ingest-{process}-abc" for process in (gone.pid, os.getppid()))
    for folder in (left, living):
        folder.mkdir()
        (folder / "upload").write_bytes(b"x")
    with scratch_folder() as own:
        assert own.is_dir()
        assert not left.exists()
        assert living.exists()
    assert not own.exists()
