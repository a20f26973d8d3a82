"""A measurement says where and of what it was made, and programs can read it."""

import json
from pathlib import Path

import pytest

from bench.report import measured, percentiles, publish


def test_a_measurement_is_written_in_the_form_that_programs_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "results" / "ingest.json"
    publish(measured("ingest", {"footage": ["a.mp4"]}, {"ingest.x_realtime": 12.3456789}), file)
    written = json.loads(file.read_text())
    assert set(written) == {"name", "commit", "machine", "settings", "figures"}
    assert (written["name"], written["figures"]) == ("ingest", {"ingest.x_realtime": 12.3457})
    assert written["settings"]["footage"] == ["a.mp4"]
    assert written["machine"]["cores"] >= 1
    assert "ingest.x_realtime" in capsys.readouterr().out


def test_half_of_what_was_measured_lies_below_the_median() -> None:
    assert percentiles("search.text", [float(value) for value in range(1, 102)]) == {
        "search.text.p50_ms": 51.0,
        "search.text.p95_ms": 96.0,
    }


def test_nothing_measured_gives_no_figure() -> None:
    assert percentiles("search.text", []) == {}
