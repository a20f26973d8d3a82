"""Tracks with their crops and with who is who: of rendered sites, and of real clips of several cameras."""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid5

import av
import numpy as np

import infra.rendered_site
from bench.quality.looking import Sight
from bench.quality.truth import Kind
from contracts.vocabulary import ObjectClass
from infra.rendered_site.film import render_site
from infra.rendered_site.plan import plan_site
from infra.rendered_site.truth import BoxTruth, CameraTruth, SiteTruth, read_truth
from kit.pixels import Pixels
from services.ingest.adapters.pictures import OpenCvPictures
from services.ingest.model.crop import CROPS_PER_TRACK, MARGIN
from services.ingest.model.observation import Box

T = TypeVar("T")

FITTED_SEEDS = (92_001, 92_002, 92_003)
MEASURED_SEEDS = (91_001, 91_002, 91_003)
"""Nothing is trained on either, and the weights are fitted on none of the second."""
CAMERAS, SECONDS, FPS, ACTORS = 4, 240.0, 2, 60
"""Few frames of many passages: a track needs three crops, and transitions are learnt from many objects."""

PARTED_SECONDS = 2.0
"""Out of view for longer than this is another track."""
LEAST_VISIBLE = 0.5
LEAST_PIXELS = 14
NAMESPACE = UUID("6f1d2c1a-5a0e-5c77-9b1c-0d2f6a1e9a11")


@dataclass(frozen=True)
class Passage:
    """One track by the truth: whose it is, where and when, and its crops, UINT8 [h,w,3] RGB, best first."""

    actor: str
    camera: str
    started_at: datetime
    ended_at: datetime
    object_class: ObjectClass
    crops: tuple[Pixels, ...]

    @property
    def track_id(self) -> UUID:
        """The same for the same passage."""
        return uuid5(NAMESPACE, f"{self.actor}/{self.camera}/{self.started_at.isoformat()}")

    @property
    def camera_id(self) -> UUID:
        """The same for the same camera."""
        return uuid5(NAMESPACE, self.camera)


def rendered_passages(seed: int, state: Path, tell: Callable[[str], None]) -> list[Passage]:
    """All tracks of a rendered site; rendered where that was not done before."""
    folder = _rendered(seed, state, tell)
    truth = read_truth(folder / "truth.json")
    return [passage for camera in truth.cameras for passage in _passages(truth, camera, folder)]


def passages_of(sights: Sequence[Sight]) -> list[Passage]:
    """One track for each object and clip of the labelled real footage; all clips began at once."""
    grouped: dict[tuple[str, str], list[Sight]] = {}
    for sight in sights:
        grouped.setdefault((sight.thing.id, sight.clip), []).append(sight)
    began = datetime(2026, 3, 2, 8, tzinfo=UTC)
    return [
        Passage(
            actor=actor,
            camera=clip,
            started_at=began + timedelta(seconds=min(sight.seconds for sight in own)),
            ended_at=began + timedelta(seconds=max(sight.seconds for sight in own)),
            object_class=ObjectClass.PERSON if own[0].thing.kind is Kind.PERSON else ObjectClass.CAR,
            crops=tuple(sight.pixels for sight in _spread(own, CROPS_PER_TRACK)),
        )
        for (actor, clip), own in grouped.items()
    ]


def rendering_code() -> str:
    """The hash of the renderer: another one renders another site."""
    source = Path(infra.rendered_site.__file__).parent
    return hashlib.sha256(b"".join(file.read_bytes() for file in sorted(source.glob("*.py")))).hexdigest()[:12]


def _rendered(seed: int, state: Path, tell: Callable[[str], None]) -> Path:
    folder = state / "journeys" / "rendered" / f"{rendering_code()}-{seed}"
    if not (folder / "truth.json").is_file():
        tell(f"rendering {CAMERAS} cameras of {SECONDS:.0f} s (seed {seed}), once …")
        unfinished = folder.with_name(f"{folder.name}-{os.getpid()}")
        site = plan_site(seed, cameras=CAMERAS, seconds=SECONDS, fps=FPS, actors=ACTORS)
        render_site(site, unfinished, processes=min(os.cpu_count() or 1, 2))
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.replace(folder)
    return folder


def _passages(truth: SiteTruth, camera: CameraTruth, folder: Path) -> Iterator[Passage]:
    """The moving objects of one camera. A rider's two-wheeler is the rider's, and no track of its own."""
    actors = {actor.id: actor for actor in truth.actors}
    seen: dict[str, list[tuple[int, BoxTruth]]] = {}
    for number, frame in enumerate(truth.boxes[camera.name]):
        for box in frame:
            if box.klass == actors[box.actor].klass and actors[box.actor].moves:
                seen.setdefault(box.actor, []).append((number, box))
    parts = [(actor, part) for actor, boxes in seen.items() for part in _parted(boxes, camera.fps)]
    wanted = {number for _, part in parts for number, _ in _crop_boxes(part)}
    frames = dict(_frames(folder / camera.file, wanted))
    start = datetime.fromisoformat(camera.start)
    for actor, part in parts:
        crops = tuple(_cut(frames[number], box, camera) for number, box in _crop_boxes(part))
        if crops:
            yield Passage(
                actor=f"{truth.seed}/{actor}",
                camera=f"{truth.seed}/{camera.name}",
                started_at=start + timedelta(seconds=part[0][0] / camera.fps),
                ended_at=start + timedelta(seconds=part[-1][0] / camera.fps),
                object_class=ObjectClass(actors[actor].klass),
                crops=crops,
            )


def _parted(boxes: Sequence[tuple[int, BoxTruth]], fps: int) -> list[list[tuple[int, BoxTruth]]]:
    parts: list[list[tuple[int, BoxTruth]]] = []
    for number, box in boxes:
        if parts and number - parts[-1][-1][0] <= PARTED_SECONDS * fps:
            parts[-1].append((number, box))
        else:
            parts.append([(number, box)])
    return parts


def _crop_boxes(part: Sequence[tuple[int, BoxTruth]]) -> list[tuple[int, BoxTruth]]:
    clear = [
        (number, box)
        for number, box in part
        if box.visible >= LEAST_VISIBLE
        and min(box.box[2] - box.box[0], (box.box[3] - box.box[1]) / 2) >= LEAST_PIXELS / 2
    ]
    return _spread(clear, CROPS_PER_TRACK)


def _spread(some: Sequence[T], count: int) -> list[T]:
    if len(some) <= count:
        return list(some)
    # From the inside: at its ends an object enters and leaves the view.
    return [some[round((place + 0.5) / count * (len(some) - 1))] for place in range(count)]


def _frames(file: Path, wanted: set[int]) -> Iterator[tuple[int, Pixels]]:
    with av.open(str(file)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number in wanted:
                yield number, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)


def _cut(picture: Pixels, box: BoxTruth, camera: CameraTruth) -> Pixels:
    left, top, right, bottom = box.box
    shares = Box(left / camera.width, top / camera.height, right / camera.width, bottom / camera.height)
    return OpenCvPictures().cut_out(picture, shares.widened(MARGIN))
