"""Which footage the demo takes in: the user's own files, or a small rendered site."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from infra.rendered_site.film import render_site
from infra.rendered_site.plan import plan_site
from infra.rendered_site.truth import read_truth

SEED = 7
CAMERAS = 4
SECONDS = 45.0
"""Of each camera."""
TIME_ZONE = "Europe/Berlin"
"""Where the rendered site is said to be."""


@dataclass(frozen=True)
class DemoClip:
    """One file and the camera that made it."""

    path: Path
    camera: str
    site: str
    time_zone: str
    started_at: datetime | None
    """None: to be read from the container."""


@dataclass(frozen=True)
class DemoFootage:
    """What is taken in, and what is then looked for."""

    clips: Sequence[DemoClip]
    questions: Sequence[str]
    rendered: bool


QUESTIONS_RENDERED = (
    "a person in a red jacket",
    "a worker in a hi-vis vest",
    "a person riding a bicycle",
    "a white car",
    "a van",
)
QUESTIONS_OWN = ("a person", "a person dressed in black", "a car", "a red car", "a bicycle")


def own_footage(files: Sequence[Path], *, time_zone: str, started_at: datetime | None) -> DemoFootage:
    """The user's files, a camera each, named after the file."""
    clips = [DemoClip(path, path.stem, "", time_zone, started_at) for path in files]
    return DemoFootage(clips, QUESTIONS_OWN, rendered=False)


def rendered_footage(folder: Path, on_progress: Callable[[str, int, int], None]) -> DemoFootage:
    """The rendered site, made in `folder` unless it is there. Progress is told as camera, frames done, of all."""
    truth_file = folder / "truth.json"
    if truth_file.exists():
        truth = read_truth(truth_file)
    else:
        truth = render_site(plan_site(SEED, cameras=CAMERAS, seconds=SECONDS), folder, on_progress)
    clips = [
        DemoClip(folder / camera.file, camera.name, "rendered site", TIME_ZONE, datetime.fromisoformat(camera.start))
        for camera in truth.cameras
    ]
    return DemoFootage(clips, QUESTIONS_RENDERED, rendered=True)
