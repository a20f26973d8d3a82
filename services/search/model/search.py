"""Values and rules of the search service: what a valid request is, how rows become ranked hits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from contracts.search import MAX_HITS, SearchRequest
from contracts.vocabulary import ItemKind, ObjectClass, Space
from services.search.model.attributes import check_wishes
from services.search.model.errors import BadRequestError
from services.search.model.filters import Filters

Vector = npt.NDArray[np.float32]
"""FP32 [dimension], unit length."""

Pixels = npt.NDArray[np.uint8]
"""UINT8 [height, width, 3] in RGB."""

MAX_TEXT = 1000
"""Characters of a text query; the text tower reads about the first hundred words."""

MAX_WEIGHT = 100.0

MAX_EXCLUSIONS = 20

MAX_COUNT = 100
"""Of tracks in view together."""


CAPTIONS: Mapping[ObjectClass | None, str] = {
    **{object_class: f"a {object_class.value}" for object_class in ObjectClass},
    None: "a view of a place",
}
"""What is known of an item before anybody looks at its picture: the detector's word for a track, None for a scene."""

CAPTION_WEIGHT = 0.3
"""Share of the caption in the score of a text search; the picture has the rest. See `Probe.captions`."""


_RIDERS = (ObjectClass.PERSON, ObjectClass.BICYCLE, ObjectClass.MOTORCYCLE)
_VEHICLES = (ObjectClass.CAR, ObjectClass.BUS, ObjectClass.TRUCK)

LOOKALIKES: Mapping[ObjectClass, tuple[ObjectClass, ...]] = {
    object_class: family for family in (_RIDERS, _VEHICLES) for object_class in family
}
"""What an object of a class can be taken for: appearance is compared within these, as a van may be a truck in another
view and a cyclist a person, but nobody a car."""

SURE_SCORE = 0.5
"""An object found in a sent picture counts from this detection score on."""

MAIN_SHARE = 0.25
"""A sent picture is of an object that takes up this share of it: frames of fixed cameras hardly ever hold one."""

FILLED_SHARE = 0.5
"""From this share on the picture is taken whole, as the crop that it is."""

MARGIN = 0.1
"""Added around an object that is cut out, in shares of its sides, as ingest does for the crops that are compared."""


@dataclass(frozen=True)
class Encoding:
    """A query in one embedding space."""

    space: str
    """The model's own word for its space; only vectors of the same one are compared with it."""
    vector: Vector


@dataclass(frozen=True)
class Towers:
    """The names on Triton of the models that searches of one kind of space are encoded with now."""

    image_model: str
    text_model: str | None = None
    """None where the kind has none."""


Serving = Mapping[Space, Towers]
"""What stands behind each kind of space; read once a search, so that a switch in its middle cannot mix spaces."""


@dataclass(frozen=True)
class FoundObject:
    """An object in a sent picture: its class, its box in shares of the picture's sides, and the detector's score."""

    object_class: ObjectClass

    left: float
    top: float
    right: float
    bottom: float
    score: float

    @property
    def share(self) -> float:
        """Of the picture's area."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    @property
    def fills(self) -> bool:
        """Whether the picture is the object's crop already."""
        return self.share >= FILLED_SHARE


@dataclass(frozen=True)
class Probe:
    """One look into one embedding space."""

    kind: Space
    encoding: Encoding
    items: tuple[ItemKind, ...]
    """Kinds of items that are looked at."""
    captions: Mapping[ObjectClass | None, float] = field(default_factory=dict)
    """For a text: its cosine similarity to the caption of each class of items. The score is then the convex combination
    of two similarities, (1 - w) · cos(text, picture) + w · cos(text, caption), w being CAPTION_WEIGHT: late fusion as
    in Bruch et al., "An Analysis of Fusion Functions for Hybrid Retrieval", ACM TOIS 2023. Empty: the picture alone."""

    others: tuple[Encoding, ...] = ()
    """Further looks at the same thing: a row's score is the best of all."""
    classes: tuple[ObjectClass, ...] = ()
    """Only tracks of these are looked at, unless the request names classes itself. Empty: all."""

    def caption_term(self, object_class: ObjectClass | None) -> float:
        """What a row of this class adds to its picture's share."""
        return CAPTION_WEIGHT * self.captions[object_class] if self.captions else 0.0

    @property
    def picture_weight(self) -> float:
        """The picture's share in the score."""
        return 1.0 - CAPTION_WEIGHT if self.captions else 1.0


@dataclass(frozen=True)
class Sight:
    """A sent picture, as the models see it."""

    meaning: Encoding
    """In the semantic space."""
    appearances: tuple[Encoding, ...]
    """In the appearance space: the whole picture, and the main object cut out of it where it does not fill it. None
    where no tracks are looked for."""
    main: FoundObject | None
    """What it is of, if the detector knows."""


@dataclass(frozen=True)
class Looks:
    """What a stored track looks like."""

    object_class: ObjectClass
    vectors: Sequence[Vector]
    """One a crop, best crop first; none where they are not made yet."""


@dataclass(frozen=True)
class Candidate:
    """One stored vector that is near: one crop of a track, or a scene."""

    item: ItemKind
    item_id: UUID
    rank: int
    """Which crop."""
    score: float
    """Similarity, -1 to 1."""
    space: Space
    object_class: ObjectClass | None
    """None for a scene."""


def validated(request: SearchRequest) -> SearchRequest:
    """The request, if it can be answered. Raises BadRequestError, saying what to change."""
    if not any((request.text is not None, request.understood, request.picture_key, request.track_id, request.frame)):
        raise BadRequestError("say what to look for: a text, a picture, a track, a frame, or several of them")
    if request.text is not None and not request.text.strip():
        raise BadRequestError("the text is empty: describe what to look for")
    if request.text is not None and len(request.text) > MAX_TEXT:
        raise BadRequestError(f"the text has {len(request.text)} characters; at most {MAX_TEXT} are read")
    if not 1 <= request.limit <= MAX_HITS:
        raise BadRequestError(f"limit must be from 1 to {MAX_HITS}, not {request.limit}")
    if not -1.0 <= request.min_score <= 1.0:
        raise BadRequestError(f"min_score must be from -1 to 1, not {request.min_score}")
    for name, time in (("from_time", request.from_time), ("until_time", request.until_time)):
        if time is not None and time.tzinfo is None:
            raise BadRequestError(f"{name} needs an offset, as in 2026-03-02T08:00:00+01:00")
    if request.from_time is not None and request.until_time is not None and request.from_time >= request.until_time:
        raise BadRequestError("from_time must be before until_time")
    _check_filters(request)
    if not request.kinds:
        raise BadRequestError("name at least one kind: track, scene")
    if request.track_id is not None and ItemKind.TRACK not in request.kinds:
        raise BadRequestError("the likes of a track are tracks: name the kind track")
    _check_parts(request)
    return request


def _check_parts(request: SearchRequest) -> None:
    """What is looked for, and what is not wanted."""
    weights = (request.weights.text, request.weights.picture, request.weights.track, request.weights.frame)
    if any(not 0 < weight <= MAX_WEIGHT for weight in weights):
        raise BadRequestError(f"weights are above 0 and at most {MAX_WEIGHT}")
    for text in request.without_texts:
        if not text.strip() or len(text) > MAX_TEXT:
            raise BadRequestError(f"a text of what is not wanted has from 1 to {MAX_TEXT} characters")
    if len(request.without_texts) + len(request.without_track_ids) > MAX_EXCLUSIONS:
        raise BadRequestError(f"at most {MAX_EXCLUSIONS} texts and tracks can be excluded")
    if request.frame is not None and request.frame.at.tzinfo is None:
        raise BadRequestError("the frame's time needs an offset, as in 2026-03-02T08:00:00+01:00")
    for box in (request.picture_region, None if request.frame is None else request.frame.box):
        if box is not None and not (0 <= box.left < box.right <= 1 and 0 <= box.top < box.bottom <= 1):
            raise BadRequestError("a region's edges are shares from 0 to 1: left before right, top before bottom")
    if request.asked_at is not None and request.asked_at.tzinfo is None:
        raise BadRequestError("asked_at needs an offset, as in 2026-03-02T08:00:00+01:00")
    try:
        ZoneInfo(request.time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadRequestError(f"there is no time zone {request.time_zone!r}; name one like Europe/Berlin") from error


def _check_filters(request: SearchRequest) -> None:
    check_wishes(request.attributes)
    if any(not 0 <= day <= 6 for day in request.weekdays):
        raise BadRequestError("weekdays go from 0, Monday, to 6, Sunday")
    if any(not (0 <= heading.degrees <= 360 and 0 < heading.within <= 180) for heading in request.headings):
        raise BadRequestError("a heading has degrees from 0 to 360, and is within more than 0 and at most 180 of them")
    if not 1 <= request.count <= MAX_COUNT:
        raise BadRequestError(f"count must be from 1 to {MAX_COUNT}, not {request.count}")
    for name, least, most in (
        ("seconds_in_view", request.min_seconds_in_view, request.max_seconds_in_view),
        ("speed", request.min_speed, request.max_speed),
        ("size", request.min_size, None),
    ):
        if any(limit is not None and not 0 <= limit < float("inf") for limit in (least, most)):
            raise BadRequestError(f"limits of {name} are numbers from 0 on")
        if least is not None and most is not None and least > most:
            raise BadRequestError(f"min_{name} must not be above max_{name}")


def items_of(request: SearchRequest, filters: Filters) -> tuple[ItemKind, ...]:
    """The kinds of items that can be hits."""
    if filters.of_tracks:
        return tuple(kind for kind in dict.fromkeys(request.kinds) if kind is ItemKind.TRACK)
    return tuple(dict.fromkeys(request.kinds))


def main_object(found: Iterable[FoundObject]) -> FoundObject | None:
    """What the picture is of, if it is of one object: the largest."""
    large = [one for one in found if one.score >= SURE_SCORE and one.share >= MAIN_SHARE]
    return max(large, key=lambda one: one.share, default=None)


def agreed_classes(main: FoundObject | None, neighbour: Candidate | None) -> tuple[ObjectClass, ...]:
    """What the main object can be taken for, where the detector and the nearest stored track say the same; else ()."""
    if main is None or neighbour is None or neighbour.object_class is None:
        return ()
    lookalikes = LOOKALIKES[neighbour.object_class]
    return lookalikes if main.object_class in lookalikes else ()


def cut_out(picture: Pixels, found: FoundObject) -> Pixels:
    """The object with its margin."""
    height, width = picture.shape[:2]
    wide, tall = MARGIN * (found.right - found.left), MARGIN * (found.bottom - found.top)
    left, right = (round(width * edge) for edge in (max(0.0, found.left - wide), min(1.0, found.right + wide)))
    top, bottom = (round(height * edge) for edge in (max(0.0, found.top - tall), min(1.0, found.bottom + tall)))
    return picture[top:bottom, left:right]


def pooled(vectors: Sequence[Vector]) -> Vector:
    """One vector for several looks at the same object: their mean, at unit length, [dimension]. Average pooling is the
    usual multi-shot query of re-identification (Zheng et al., "MARS", ECCV 2016)."""
    mean = np.mean(np.stack(vectors), axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def folded(candidates: Iterable[Candidate], min_score: float) -> list[Candidate]:
    """The best row of each track or scene, best first; equal scores in the order of ids, so that the same question has
    the same answer."""
    best: dict[UUID, Candidate] = {}
    for candidate in sorted(candidates, key=lambda row: (-row.score, row.item_id, row.rank)):
        if candidate.score >= min_score:
            best.setdefault(candidate.item_id, candidate)
    return list(best.values())
