"""One pass over a clip: what the profile finds in its frames, and crops of its labelled objects."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import av
import numpy as np

from bench.quality.reference import SHA256, Reference
from bench.quality.remembered import Remembered
from bench.quality.truth import Clip, Edges, Kind, Labelled, Placed
from bench.quality.weights import Found, Weights
from infra.models.profiles import sha256_of
from kit.pixels import Pixels
from services.ingest.adapters.pictures import OpenCvPictures
from services.ingest.model.crop import MARGIN
from services.ingest.model.observation import Box
from services.ingest.settings import AnalysisSettings

FRAMES_PER_SECOND = AnalysisSettings().frames_per_second
"""Sampled as ingest does. Its motion gate is left out: every sampled frame is looked at."""
SIGHTS = 8
"""Crops of one object in one clip, spread over the time that it is in view."""
LEAST_VISIBLE = 0.6
LEAST_PIXELS = {Kind.PERSON: (12, 28), Kind.VEHICLE: (20, 14), Kind.BICYCLE: (14, 14)}
"""Width and height of the smallest box that a crop is cut from."""
KINDS = (Kind.PERSON, Kind.BICYCLE, Kind.VEHICLE, Kind.VEHICLE, Kind.VEHICLE, Kind.VEHICLE)
"""By the detector's class id."""
DEFAULT_FPS = 25.0
REFERENCE_ALL = 50
"""Of so many sampled frames the reference is asked about every one, of those after them about every second."""

T = TypeVar("T")


@dataclass(frozen=True)
class Finder:
    """What looks for faces or plates in a picture; `key` names its weights and the score from which it believes."""

    find: Callable[[Pixels], Found]
    key: str


Finders = Mapping[str, Mapping[str, Finder]]
"""For `faces` and `plates`: the finders by name."""


@dataclass(frozen=True)
class Look:
    """One frame: what the profile found in it, and what the reference did (None: nobody asked it).

    `sampled`: it is one of those that ingest would look at.
    """

    frame: int
    found: Found
    reference: Found | None
    sampled: bool


@dataclass(frozen=True)
class Sight:
    """A crop of one object, UINT8 [h,w,3] RGB, with the margin that ingest leaves."""

    thing: Labelled
    clip: str
    site: str
    seconds: float
    pixels: Pixels


@dataclass(frozen=True)
class Watched:
    """A clip after the pass. `places`: of `faces` and `plates`, by finder, by frame, what was found."""

    clip: Clip
    width: int
    height: int
    fps: float
    looks: tuple[Look, ...]
    sights: tuple[Sight, ...]
    places: Mapping[str, Mapping[str, Mapping[int, Found]]] = field(default_factory=dict)


def watch(clip: Clip, weights: Weights, reference: Reference | None, finders: Finders, cache: Path) -> Watched:
    """Go through a clip once; what was found before, by the same weights, is read from the cache.

    Raises:
        av.FFmpegError: the clip cannot be decoded.
    """
    with av.open(str(clip.path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        fps = clip.fps or float(stream.average_rate or DEFAULT_FPS)
        watcher = _Watcher(clip, fps, weights, reference, finders, cache=cache)
        last = -1
        for number, frame in enumerate(container.decode(stream)):
            cell = int(number / fps * FRAMES_PER_SECOND + 1e-6)
            if cell != last or number in watcher.wanted:
                watcher.look(number, np.asarray(frame.to_ndarray(format="rgb24"), np.uint8), sampled=cell != last)
            last = cell
        width, height = stream.width, stream.height
    return watcher.watched(width, height)


class _Watcher:
    """What is gathered on the way through one clip."""

    def __init__(
        self,
        clip: Clip,
        fps: float,
        weights: Weights,
        reference: Reference | None,
        finders: Finders,
        *,
        cache: Path,
    ) -> None:
        self._clip, self._fps = clip, fps
        content = sha256_of(clip.path)
        self._detector = Remembered(weights.detect, content, weights.served("detect").sha256[:16], cache)
        self._reference = None if reference is None else Remembered(reference.look, content, SHA256[:16], cache)
        self._cut: dict[str, list[Sight]] = {one.id: [] for one in clip.objects}
        self._boxes: dict[int, list[tuple[Labelled, Placed]]] = {}
        for one in clip.objects:
            for placed in _spread([box for box in one.boxes if box.visible >= LEAST_VISIBLE], SIGHTS * 2):
                self._boxes.setdefault(placed.frame, []).append((one, placed))
        looked_through = {"faces": (clip.faces, clip.heads), "plates": (clip.plates,)}
        self._places = {
            slot: {number for places in of if places is not None for number in places.frames}
            for slot, of in looked_through.items()
            if any(places is not None for places in of)
        }
        self.wanted = set(self._boxes) | set(clip.complete) | {n for some in self._places.values() for n in some}
        self._sampled = 0
        self._looks: list[Look] = []
        self._finders = {
            slot: {name: Remembered(one.find, content, one.key, cache) for name, one in finders[slot].items()}
            for slot in self._places
        }
        self._found: dict[str, dict[str, dict[int, Found]]] = {
            slot: {name: {} for name in of} for slot, of in self._finders.items()
        }

    def look(self, number: int, picture: Pixels, *, sampled: bool) -> None:
        """Take one frame."""
        reference = None
        if self._reference is not None and sampled:
            # Half of a long clip's sampled frames say as much as all.
            if self._sampled < REFERENCE_ALL or self._sampled % 2 == 0:
                reference = self._reference.look(number, picture)
            self._sampled += 1
        if sampled or number in self._clip.complete:
            self._looks.append(Look(number, self._detector.look(number, picture), reference, sampled))
        for slot, frames in self._places.items():
            if number in frames:
                for name, finder in self._finders[slot].items():
                    self._found[slot][name][number] = finder.look(number, picture)
        for one, placed in self._boxes.get(number, ()):
            self._cut_out(one, number, placed.edges, picture)
        if reference is not None:
            for one in self._clip.objects:
                if not one.boxes and one.first <= number <= one.last:
                    self._cut_out_alone(one, number, reference, picture)

    def watched(self, width: int, height: int) -> Watched:
        """All that was gathered; what was found is kept for the next time."""
        self._detector.keep()
        for finder in (one for of in self._finders.values() for one in of.values()):
            finder.keep()
        if self._reference is not None:
            self._reference.keep()
        sights = tuple(sight for cut in self._cut.values() for sight in _spread(cut, SIGHTS))
        return Watched(self._clip, width, height, self._fps, tuple(self._looks), sights, self._found)

    def _cut_out_alone(self, one: Labelled, number: int, reference: Found, picture: Pixels) -> None:
        """An object without boxes is the reference's only box of its kind, while nobody else of its kind is in view."""
        company = [other for other in self._clip.objects if other.kind is one.kind and other is not one]
        if any(other.first <= number <= other.last for other in company):
            return
        of_kind = [row for row, klass in enumerate(reference.classes) if KINDS[klass] is one.kind]
        sights = self._cut[one.id]
        if len(of_kind) == 1 and (not sights or number / self._fps - sights[-1].seconds >= 1.0):
            left, top, right, bottom = (float(edge) for edge in reference.boxes[of_kind[0]])
            self._cut_out(one, number, (left, top, right, bottom), picture)

    def _cut_out(self, one: Labelled, number: int, edges: Edges, picture: Pixels) -> None:
        height, width = picture.shape[:2]
        least_width, least_height = LEAST_PIXELS[one.kind]
        if (edges[2] - edges[0]) * width < least_width or (edges[3] - edges[1]) * height < least_height:
            return
        pixels = OpenCvPictures().cut_out(picture, Box(*edges).widened(MARGIN))
        self._cut[one.id].append(Sight(one, self._clip.name, self._clip.site, number / self._fps, pixels))


def _spread(some: Sequence[T], count: int) -> list[T]:
    """At most so many of them, evenly spread, the first and the last among them."""
    if len(some) <= count:
        return list(some)
    return [some[round(place)] for place in np.linspace(0, len(some) - 1, count)]
