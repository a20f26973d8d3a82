"""The suite's site as the `tiny` models see it: rendered, detected, followed and described as ingest and embed do.

The same plan and the same four views as in `site`, but for the cars that stand parked there all three days: the truth
knows only who comes and goes. Whatever moves is rendered five times a second, as ingest samples footage. While nothing
moves, a picture is looked at as often as the motion gate lets one through, and a few draws of the sensor's noise stand
for all of them; of the hours in which nobody comes, one recording stands for the others of its camera. The footage is
squeezed as by a camera's encoder, frame by frame, and not kept.
"""

import hashlib
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import cv2
import msgspec
import numpy as np

import infra.rendered_site
import services.ingest.adapters
import services.ingest.model
from bench.quality.weights import Found, Weights
from bench.questions.load import Piece, groups_of
from bench.questions.site import DONE_OF_PROCESSING, Recording, Step, World, planned_blocks, views
from contracts.vocabulary import DETECTOR_CLASSES, ObjectClass, Subject
from infra.rendered_site import finish
from infra.rendered_site.plan import Camera, Site
from infra.rendered_site.props import prop_mesh
from infra.rendered_site.scenery import paint
from infra.rendered_site.stage import Item, compose, mesh_of, set_up
from kit.pixels import Pixels
from services.ingest.adapters.bytetrack import ByteTracks
from services.ingest.adapters.pictures import OpenCvPictures
from services.ingest.model.crop import MARGIN, Crop, crop_quality, with_crop
from services.ingest.model.observation import Box, Detection, without_doubles
from services.ingest.model.track import OpenTrack, TrackBook, path_of
from services.ingest.settings import AnalysisSettings

SETTINGS = AnalysisSettings()
QUALITY = 85
"""JPEG quality of the squeezed frames."""
DRAWS = 5
"""So many draws of the sensor's noise stand for all pictures of a view in which nothing moves."""
BEFORE, AFTER = 1.0, 3.0
"""Seconds around a passage that are rendered as well."""
PROCESSES = 2

Span = tuple[float, float]
Tell = Callable[[str], None]


class Track(msgspec.Struct, frozen=True):
    """A track that was found; times in seconds since its recording's start."""

    kind: str
    begin: float
    end: float
    path: list[Step]
    best: float
    box: list[float]
    probabilities: list[float]


@dataclass(frozen=True)
class Task:
    """One recording to look at. `planned`: who passes in it; None: nobody."""

    recording: Recording
    seconds: float
    planned: Site | None


def found_pieces(world: World, state: Path, tell: Tell) -> list[Piece]:
    """The tracks of all examined footage, from the cache where nothing has changed that they depend on."""
    tasks = list(_tasks(world))
    kept = state / "questions" / f"detected-{_fingerprint(state)}.json"
    if kept.is_file():
        found = msgspec.json.decode(kept.read_bytes(), type=list[list[Track]])
    else:
        tell(f"rendering and looking at {len(tasks)} recordings, once …")
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(PROCESSES, context) as pool:
            found = list(pool.map(look_at, tasks, [state] * len(tasks)))
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(msgspec.json.encode(found))
    busy = {task.recording.id: tracks for task, tracks in zip(tasks, found, strict=True)}
    empty = {task.recording.camera: tracks for task, tracks in zip(tasks, found, strict=True) if task.planned is None}
    return [
        _piece(track, recording)
        for recording in world.recordings
        if recording.state != "failed"
        for track in busy.get(recording.id, empty[recording.camera])
    ]


def _tasks(world: World) -> Iterator[Task]:
    """Every examined recording in which somebody is, and one of each camera in which nobody is."""
    blocks = planned_blocks()
    stand_ins: set[str] = set()
    for recording in world.recordings:
        if recording.state == "failed":
            continue
        end = recording.start + DONE_OF_PROCESSING if recording.state == "processing" else recording.end
        planned = next((one for one in blocks if recording.start <= one.start < end), None)
        if planned is not None or recording.camera not in stand_ins:
            yield Task(recording, (end - recording.start).total_seconds(), planned)
        if planned is None:
            stand_ins.add(recording.camera)


def _piece(track: Track, recording: Recording) -> Piece:
    def at(seconds: float) -> datetime:
        return recording.start + timedelta(seconds=seconds)

    return Piece(
        recording,
        track.kind,
        at(track.begin),
        at(track.end),
        track.path,
        at(track.best),
        track.box,
        track.probabilities,
    )


# Looking --------------------------------------------------------------------------------------------------------------


def look_at(task: Task, state: Path) -> list[Track]:
    """All tracks of one recording."""
    cv2.setNumThreads(1)
    camera = next(one for one in views() if one.name == task.recording.camera)
    weights = Weights("tiny", state)
    following = _Following(weights)
    view = _View(_without_parked(camera), weights)
    start = 0.0 if task.planned is None else (task.planned.start - task.recording.start).total_seconds()
    clock = 0.0
    for begin, end in [*_moving(task, camera.name, start), (task.seconds, task.seconds)]:
        for moment, draw in _still_moments(view, task.planned, (clock, begin), start, following):
            following.look(moment, *draw)
        clock = begin
        while clock < end:
            following.look(clock, *view.look(task.planned, clock - start))
            clock = round(clock + 1 / SETTINGS.frames_per_second, 3)
    return following.done()


def _still_moments(
    view: "_View", planned: Site | None, stretch: Span, start: float, following: "_Following"
) -> Iterator[tuple[float, tuple[Pixels, Found]]]:
    """The looks at a view in which nothing moves; what has come to a stop is there till its plan ends."""
    begin, end = stretch
    opens, over = (end, end) if planned is None else (start, start + planned.seconds)
    edges = [begin, *(edge for edge in (opens, over) if begin < edge < end), end]
    for first, last in pairwise(edges):
        draws = view.still(planned, first - start if opens <= first < over else None)
        blank = all(not len(found.scores) for _, found in draws)
        clock, number = first, 0
        while clock < last:
            yield clock, draws[number % DRAWS]
            number += 1
            if blank and not following.open:
                break
            rules = SETTINGS.looks
            clock += rules.active_seconds if following.open else rules.still_seconds


def _moving(task: Task, camera: str, start: float) -> list[Span]:
    """When something moves in the view, within the recording, in order and without overlaps."""
    if task.planned is None:
        return []
    longest = task.planned.seconds
    spans = sorted(
        (max(leg.start - BEFORE, 0.0) + start, min(leg.start + leg.duration + AFTER, longest) + start)
        for route in task.planned.routes
        for leg in route.legs
        if leg.camera == camera
    )
    joined: list[Span] = []
    for begin, end in spans:
        if joined and begin <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return [(begin, min(end, task.seconds)) for begin, end in joined if begin < min(end, task.seconds)]


def _without_parked(camera: Camera) -> Camera:
    return replace(camera, layout=replace(camera.layout, scene=replace(camera.layout.scene, parked=())))


class _View:
    """One camera's view, painted and looked at."""

    def __init__(self, camera: Camera, weights: Weights) -> None:
        self._camera, self._weights = camera, weights
        layout = camera.layout
        backdrop = paint(layout.scene, layout.pinhole, camera.light)
        items = [Item(prop_mesh(prop)) for prop in layout.scene.props]
        self._fixed = set_up(backdrop.rgb, items, layout.pinhole, camera.light)
        self._sensor = finish.exposed(camera.sensor, self._fixed.frame)
        self._rng = np.random.default_rng(camera.seed)

    def look(self, planned: Site | None, clock: float) -> tuple[Pixels, Found]:
        """A frame at a time of the plan, UINT8 [H,W,3] RGB, and what the detector finds in it."""
        return self._seen(self._composed(planned, clock))

    def still(self, planned: Site | None, clock: float | None) -> list[tuple[Pixels, Found]]:
        """Draws of a view in which nothing moves; `clock` None: nobody is there."""
        frame = self._fixed.frame if clock is None else self._composed(planned, clock)
        return [self._seen(frame) for _ in range(DRAWS)]

    def _composed(self, planned: Site | None, clock: float) -> Pixels:
        routes = () if planned is None else planned.routes
        there = (
            (route, leg.standing(route.actor, clock))
            for route in routes
            for leg in route.legs
            if leg.camera == self._camera.name
        )
        items = [Item(mesh_of(at), route.actor.id) for route, at in there if at is not None]
        return compose(self._fixed, items, self._camera.layout.pinhole, self._camera.light)[0]

    def _seen(self, frame: Pixels) -> tuple[Pixels, Found]:
        grained = finish.grain(finish.optics(frame, self._sensor), self._sensor.noise, self._rng)
        picture = finish.squeeze(grained, QUALITY)
        found = self._weights.detect(picture)
        return picture, found.where(found.scores >= SETTINGS.least_score)


@dataclass
class _Following:
    """Tracks and crops of one recording, as ingest's analysis of a segment makes them."""

    weights: Weights
    ended: list[OpenTrack] = field(default_factory=list)
    pixels: dict[tuple[int, int], Pixels] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._tracker: ByteTracks | None = None
        self._book = TrackBook(SETTINGS.tracks)
        self._pictures = OpenCvPictures()

    @property
    def open(self) -> bool:
        """Whether somebody is followed."""
        return bool(self._book.open)

    def look(self, clock: float, picture: Pixels, found: Found) -> None:
        """One frame."""
        height, width = picture.shape[:2]
        if self._tracker is None:
            self._tracker = ByteTracks(
                height / width,
                {},
                frames_per_second=SETTINGS.frames_per_second,
                missing_seconds=SETTINGS.tracks.missing_seconds,
            )
        at_us = round(clock * 1_000_000)
        detected = [
            # Rounded as the service rounds what Triton says.
            Detection(Box(*(round(float(edge), 4) for edge in box)), round(float(score), 3), DETECTOR_CLASSES[int(one)])
            for box, score, one in zip(found.boxes, found.scores, found.classes, strict=True)
        ]
        detections = without_doubles(detected)
        boxes = [detection.box for detection in detections]
        for track, detection in self._book.observe(at_us, detections, self._tracker.update(at_us, detections)):
            others = [box for box in boxes if box is not detection.box]
            self._offer(track, at_us, picture, detection, others)
        self.ended.extend(self._book.close(at_us))

    def _offer(
        self, track: OpenTrack, at_us: int, picture: Pixels, detection: Detection, others: Sequence[Box]
    ) -> None:
        height, width = picture.shape[:2]
        box = detection.box.widened(MARGIN)
        pixels = self._pictures.cut_out(picture, box)
        sharpness = self._pictures.sharpness(pixels)
        quality = crop_quality(detection.box, detection.score, sharpness, (width, height), others)
        crop = Crop(at_us, box, quality, width=pixels.shape[1], height=pixels.shape[0])
        kept = with_crop(track.crops, crop, track.first_us)
        if crop in kept:
            self.pixels[track.number, at_us] = pixels
        for gone in track.crops:
            if gone not in kept:
                self.pixels.pop((track.number, gone.at_us), None)
        track.crops = list(kept)

    def done(self) -> list[Track]:
        """What counts, with its attributes."""
        self.ended.extend(self._book.close_all())
        return [self._told(track) for track in self.ended if self._book.counts(track)]

    def _told(self, track: OpenTrack) -> Track:
        best = track.crops[0]
        said = self.weights.attributes([self.pixels[track.number, crop.at_us] for crop in track.crops])
        subject = Subject.PERSON if track.object_class is ObjectClass.PERSON else Subject.VEHICLE
        # Pooled as embed pools: the mean of the crops, weighted by their quality.
        probabilities = np.average(
            [[one[group.key][value] for group in groups_of(subject) for value in group.values] for one in said],
            axis=0,
            weights=[max(crop.quality, 1e-3) for crop in track.crops],
        )
        return Track(
            kind=track.object_class.value,
            begin=track.first_us / 1e6,
            end=track.last_us / 1e6,
            path=[(row[0], row[1], row[2], row[3], row[4]) for row in path_of(track)],
            best=best.at_us / 1e6,
            box=[best.box.left, best.box.top, best.box.right, best.box.bottom],
            probabilities=[float(one) for one in probabilities],
        )


def _fingerprint(state: Path) -> str:
    """Of all that the tracks depend on."""
    weights = Weights("tiny", state)
    digest = hashlib.sha256(repr((SETTINGS, QUALITY, DRAWS, BEFORE, AFTER)).encode())
    for slot in ("detect", "attributes"):
        digest.update(weights.served(slot).sha256.encode())
    folders = (infra.rendered_site, services.ingest.model, services.ingest.adapters)
    sources = [file for module in folders for file in sorted(Path(str(module.__file__)).parent.glob("*.py"))]
    here = Path(__file__)
    for file in (*sources, here, here.with_name("site.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
