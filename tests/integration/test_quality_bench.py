"""The quality bench on a folder of clips, as a user runs it: with real weights, without a server."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.rendered_site import plan_site, read_truth, render_site

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few seconds of two rendered cameras with a truth file of the documented form."""
    path = tmp_path_factory.mktemp("clips")
    render_site(plan_site(31, cameras=2, seconds=6.0, fps=5, size=(320, 180), actors=10), path, processes=1)
    (path / "site.json").write_bytes((path / "truth.json").read_bytes())
    (path / "truth.json").write_text(json.dumps({"clips": _clips(path / "site.json")}))
    return path


def _clips(site: Path) -> dict[str, Any]:
    truth = read_truth(site)
    clips: dict[str, Any] = {}
    for camera in truth.cameras:
        boxes: dict[str, list[list[float]]] = {}
        for number, frame in enumerate(truth.boxes[camera.name]):
            for one in frame:
                left, top, right, bottom = one.box
                edges = [left / camera.width, top / camera.height, right / camera.width, bottom / camera.height]
                boxes.setdefault(f"{one.klass} {one.actor}", []).append([number, *edges, one.visible])
        objects: list[dict[str, Any]] = [
            {"id": name, "frames": [of[0][0], of[-1][0]], "text": f"a {name.split()[0]}", "boxes": of}
            for name, of in boxes.items()
        ]
        clips[camera.file] = {
            "fps": camera.fps,
            "frames": camera.frames,
            "site": "rendered",
            "persons": [one for one in objects if one["id"].startswith("person")],
            "vehicles": [one for one in objects if not one["id"].startswith(("person", "bicycle"))],
            "complete_frames": list(range(camera.frames)),
        }
    return clips


def _bench(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench.quality", "--profile", "tiny", *map(str, arguments)]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def test_any_folder_with_a_truth_file_is_measured(folder: Path, tmp_path: Path) -> None:
    done = _bench("--folder", folder, "--state", tmp_path, "--json", tmp_path / "figures.json")
    assert done.returncode == 0, done.stderr
    measured = json.loads((tmp_path / "figures.json").read_text())
    figures = measured["figures"]
    stem = next(name for name in figures if ".detection." in name and name.endswith(".person.AP50"))
    assert stem.startswith(f"{folder.name}.detection.boxes_by_hand.")
    assert 0 <= figures[f"{stem}.low"] <= figures[stem] <= figures[f"{stem}.high"] <= 1
    assert any(".tracking." in name and name.endswith("IDF1") for name in figures)
    assert any(".picture_to_object." in name and name.endswith("rank-1") for name in figures)
    assert measured["settings"]["profile"] == "tiny"
    assert "tiny-" in done.stdout


def test_a_second_run_says_the_same(folder: Path, tmp_path: Path) -> None:
    for name in ("first.json", "second.json"):
        assert _bench("--folder", folder, "--state", tmp_path, "--json", tmp_path / name).returncode == 0
    first, second = (json.loads((tmp_path / name).read_text())["figures"] for name in ("first.json", "second.json"))
    assert first == second


def test_a_truth_file_that_does_not_fit_is_refused_with_clip_and_field(folder: Path, tmp_path: Path) -> None:
    truth = json.loads((folder / "truth.json").read_text())
    clip = next(iter(truth["clips"]))
    truth["clips"][clip]["vehicles"] = [{"frames": [2, 1]}]
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    done = _bench("--folder", folder, "--truth", tmp_path / "truth.json", "--state", tmp_path)
    assert done.returncode == 2
    assert clip in done.stderr
    assert "vehicles[0].frames" in done.stderr


def test_a_profile_without_weights_is_refused_by_name(tmp_path: Path) -> None:
    done = _bench("--profile", "base", "--state", tmp_path)
    assert done.returncode == 2
    assert "'base'" in done.stderr
