"""Tracks as questions see them: how probably one is what was asked for, which are one object, whether it moved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

import numpy as np

from contracts.question import Happening, Moving, Subject
from contracts.search import Box
from contracts.vocabulary import ObjectClass
from services.search.model.filters import Zone
from services.search.model.geometry import Polygon, Steps, crossings

Step = tuple[float, float, float, float, float]
"""Seconds since the track began, left, top, right, bottom in shares of the frame."""

SAME_AFTER = timedelta(seconds=4)
"""A tracklet that begins so soon after another ended, where that one was, is the same object: a tracker loses what is
hidden for a moment and begins anew."""

STILL_AFTER = timedelta(seconds=30)
"""The same for what stands still: a recording ends, the next begins, and the parked car is there as before."""

NEAR = 0.75
"""Two boxes are in the same place where their middles are nearer than this share of their mean width and height."""

SPEED_SECONDS = 1.0
"""How fast somebody goes at an end of a track is taken over so long."""

STILL_OVERLAP = 0.6
"""Two boxes of one thing that stands still overlap by at least this (intersection over union)."""

SETTLE_SECONDS = 1.0
"""To and fro over a line within so long is nothing: boxes tremble."""

THING_AFTER = timedelta(hours=1)
"""What stands in one place for so long without moving is no person, whatever the detector takes it for: bollards and
coats on stands are seen so, hour after hour."""

GROWN = 1.1
"""Who comes nearer is taller at last than at first by this factor, …"""

CLEARLY_GROWN = 1.3
"""… and who is smaller by this one did not."""

BORDER = 0.01
"""What is so near to an edge of the picture is cut by it, in shares of the view."""

UNCLEAR_WAY = 0.3
"""The probability of a way that first and last box do not tell: too little to count, too much for an absence."""

MOVED = 0.5
"""Who moves leaves its place by at least this share of its mean width or height."""


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One track, with what its crops say of it.

    Attributes:
        attributes: `person.upper_colour` → value → calibrated probability; empty where they are not made (yet).
        path: where it was, in the order of time; may be empty.
        likeness: to the object that the request shows, 0 to 1 as a probability; None where it shows none.
    """

    id: UUID
    camera_id: UUID
    recording_id: UUID
    object_class: ObjectClass
    started_at: datetime
    ended_at: datetime
    attributes: Mapping[str, Mapping[str, float]]
    path: tuple[Step, ...] = ()
    best_at: datetime | None = None
    thumbnail_key: str | None = None
    box: Box | None = None
    likeness: float | None = None

    @cached_property
    def still(self) -> bool:
        """Whether it stood in one place all the time. What has no path is held to have moved."""
        if len(self.path) < 2:
            return False
        places = np.array(self.path)
        across, down = (places[:, 1] + places[:, 3]) / 2, (places[:, 2] + places[:, 4]) / 2
        wide, tall = float(np.mean(places[:, 3] - places[:, 1])), float(np.mean(places[:, 4] - places[:, 2]))
        return float(np.ptp(across)) < MOVED * wide and float(np.ptp(down)) < MOVED * tall


@dataclass(frozen=True)
class DrawnLine:
    """A line drawn on a camera's view; points in shares of the view."""

    line_id: UUID
    name: str
    camera_id: UUID
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Seen:
    """One object before one camera: a track, or several tracklets of it.

    Attributes:
        sightings: in the order of time.
        probability: that it is what was asked for.
        judged: False where its attributes are not made yet, so that the probability says nothing.
    """

    sightings: tuple[Sighting, ...]
    probability: float
    judged: bool = True

    @property
    def best(self) -> Sighting:
        """The longest of its tracks."""
        return max(self.sightings, key=lambda one: one.ended_at - one.started_at)

    @property
    def camera_id(self) -> UUID:
        """Where it was."""
        return self.sightings[0].camera_id

    @property
    def start(self) -> datetime:
        """First seen."""
        return min(one.started_at for one in self.sightings)

    @property
    def end(self) -> datetime:
        """Last seen."""
        return max(one.ended_at for one in self.sightings)

    @property
    def still(self) -> bool:
        """Whether it stood in one place all the time."""
        return all(one.still for one in self.sightings)


def probability(sighting: Sighting, subject: Subject) -> float | None:
    """That the track is what the subject describes; None where its attributes are needed and not made yet.

    Of several wished values of one attribute any will do. Attributes are taken as independent of each other given the
    object. Where they name the kind of vehicle, they
    decide; else the detector's class does.
    """
    found = 1.0
    if subject.vehicle_types:
        types = sighting.attributes.get("vehicle.type")
        if types is not None:
            found *= sum(types.get(kind, 0.0) for kind in subject.vehicle_types)
        elif "van" in subject.vehicle_types:
            return None if sighting.object_class in {ObjectClass.CAR, ObjectClass.TRUCK} else 0.0
        elif sighting.object_class.value not in subject.vehicle_types:
            return 0.0
    elif subject.classes and sighting.object_class not in subject.classes:
        return 0.0
    for attribute in dict.fromkeys(wish.attribute for wish in subject.attributes):
        values = sighting.attributes.get(attribute)
        if values is None:
            if sighting.attributes and not attribute.startswith(subject_of(sighting)):
                return 0.0
            return None
        own = [wish for wish in subject.attributes if wish.attribute == attribute]
        unwanted = sum(values.get(wish.value, 0.0) for wish in own if not wish.wanted)
        wanted = [values.get(wish.value, 0.0) for wish in own if wish.wanted]
        found *= (min(1.0, sum(wanted)) if wanted else 1.0) * max(0.0, 1.0 - unwanted)
    if subject.this:
        found *= sighting.likeness or 0.0
    return found


def subject_of(sighting: Sighting) -> str:
    """Whose attributes a track has: `person` or `vehicle`."""
    return "person" if sighting.object_class is ObjectClass.PERSON else "vehicle"


def folded(sightings: Iterable[Sighting]) -> list[list[Sighting]]:
    """Tracks that are one object, camera by camera, in the order of time.

    A track continues another of the same class that ended a moment ago where it begins, seen from the one or the other
    at an even speed, as in SORT (Bewley et al., "Simple Online and Realtime Tracking", ICIP 2016); of several the one
    that ended last.
    """
    chains: list[list[Sighting]] = []
    for track in sorted(sightings, key=lambda one: (one.started_at, one.id)):
        before = [chain for chain in chains if _continues(chain[-1], track)]
        if before:
            max(before, key=lambda chain: chain[-1].ended_at).append(track)
        else:
            chains.append([track])
    return chains


def _continues(first: Sighting, then: Sighting) -> bool:
    if first.camera_id != then.camera_id or first.object_class != then.object_class:
        return False
    if not (first.path and then.path):
        return False
    apart = then.started_at - first.ended_at
    if apart < timedelta(seconds=-1):
        return False
    end, begin = first.path[-1][1:], then.path[0][1:]
    if first.still and then.still:
        return apart <= STILL_AFTER and _overlap(end, begin) >= STILL_OVERLAP
    if apart > SAME_AFTER or _differ(first, then):
        return False
    sizes = np.array([end[2] - end[0] + begin[2] - begin[0], end[3] - end[1] + begin[3] - begin[1]]) / 2
    seconds = apart.total_seconds()
    from_end = _middle(end) + seconds * _speed(first.path[::-1]) - _middle(begin)
    from_begin = _middle(begin) - seconds * _speed(then.path) - _middle(end)
    near = NEAR * np.maximum(sizes, 1e-6)
    return bool(np.all(np.abs(from_end) < near) or np.all(np.abs(from_begin) < near))


def _middle(box: Sequence[float]) -> np.ndarray:
    return np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])


def _speed(path: Sequence[Step]) -> np.ndarray:
    """Shares of the frame a second, over the first second of a path, which may run backwards."""
    first = path[0]
    other = next((step for step in path if abs(step[0] - first[0]) >= SPEED_SECONDS), path[-1])
    seconds = other[0] - first[0]
    return np.zeros(2) if seconds == 0 else (_middle(other[1:]) - _middle(first[1:])) / seconds


def _differ(first: Sighting, then: Sighting) -> bool:
    """Whether an attribute that both are sure of says that they are two."""
    for name in first.attributes.keys() & then.attributes.keys():
        some, others = first.attributes[name], then.attributes[name]
        mine, theirs = max(some, key=lambda value: some[value]), max(others, key=lambda value: others[value])
        if mine != theirs and some[mine] > 0.9 and others[theirs] > 0.9:
            return True
    return False


def _overlap(one: Sequence[float], other: Sequence[float]) -> float:
    wide = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    tall = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    both = wide * tall
    areas = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1])
    return both / max(areas - both, 1e-9)


def objects(sightings: Iterable[Sighting], subject: Subject) -> list[Seen]:
    """The objects that the subject may describe, in the order of time, those that certainly are not left out."""
    found = []
    for chain in folded(sightings):
        shares = [probability(one, subject) for one in chain]
        known = [share for share in shares if share is not None]
        if not known:
            found.append(Seen(tuple(chain), 0.0, judged=False))
        elif max(known) > 0:
            found.append(Seen(tuple(chain), float(np.mean(known))))
    return sorted(found, key=lambda one: one.start)


def things_among(seen: Sequence[Seen], standing: Iterable[Sighting]) -> list[Seen]:
    """Those "people" that are things: they never move, and were so for an hour, now or at another time of these days.

    Args:
        seen: objects before cameras.
        standing: tracks of people that lasted long, around the asked time; a few points of a path are enough.
    """
    places = [(one.camera_id, one.path[0][1:]) for one in standing if one.still]

    def is_thing(one: Seen) -> bool:
        if one.best.object_class is not ObjectClass.PERSON or not one.still:
            return False
        if one.end - one.start >= THING_AFTER:
            return True
        box = one.best.path[0][1:]
        return any(camera == one.camera_id and _overlap(box, place) >= STILL_OVERLAP for camera, place in places)

    return [one for one in seen if is_thing(one)]


def goes(seen: Seen, way: Moving) -> float:
    """How probably an object goes this way through the picture, by its first and its last box: 1 where that is clear,
    0 where it is clear that it does not, UNCLEAR_WAY between. Aside is half its width or more; nearer and away is
    growing and shrinking, told by the boxes that no edge of the picture cuts."""
    paths = [one.path for one in seen.sightings if one.path]
    if not paths:
        return UNCLEAR_WAY
    first, last = paths[0][0], paths[-1][-1]
    if way in {Moving.LEFT, Moving.RIGHT}:
        aside = (last[1] + last[3] - first[1] - first[3]) / (last[3] - last[1] + first[3] - first[1])
        along = aside if way is Moving.RIGHT else -aside
        return 1.0 if along >= MOVED else 0.0 if along <= -MOVED or abs(aside) < MOVED / 2 else UNCLEAR_WAY
    whole = [box for path in paths for box in path if min(box[1], box[2]) > BORDER and max(box[3], box[4]) < 1 - BORDER]
    if len(whole) < 2:
        return UNCLEAR_WAY
    grown = (whole[-1][4] - whole[-1][2]) / max(whole[0][4] - whole[0][2], 1e-6)
    along = grown if way is Moving.NEARER else 1 / max(grown, 1e-6)
    return 1.0 if along >= GROWN else 0.0 if along <= 1 / CLEARLY_GROWN else UNCLEAR_WAY


def happened(seen: Seen, subject: Subject) -> bool:
    """Whether the object did, within the subject's time, what it must have done."""
    within = [(period.from_time, period.until_time) for period in subject.periods]
    match subject.happening:
        case Happening.IN_VIEW:
            did = any(seen.start < until and seen.end >= begin for begin, until in within)
        case Happening.PASSED:
            did = not seen.still and any(seen.start < until and seen.end >= begin for begin, until in within)
        case Happening.ARRIVED:
            did = not seen.still and any(begin <= seen.start < until for begin, until in within)
        case Happening.LEFT:
            did = not seen.still and any(begin <= seen.end < until for begin, until in within)
        case Happening.STAYED:
            least = timedelta(seconds=subject.stayed_seconds or 0.0)
            did = any(
                seen.start < until and seen.end >= begin and min(seen.end, until) - max(seen.start, begin) >= least
                for begin, until in within
            ) and (
                subject.stayed_less_seconds is None
                or (seen.end - seen.start).total_seconds() < subject.stayed_less_seconds
            )
    return did


def distribution(probabilities: Sequence[float]) -> np.ndarray:
    """The probabilities of 0, 1, … of them being so: the Poisson binomial distribution, FP64 [n + 1]."""
    shares = np.array([1.0])
    for one in probabilities:
        shares = np.convolve(shares, [1.0 - one, one])
    return np.asarray(shares)


def likely_range(shares: np.ndarray, *, surely: float = 0.95) -> tuple[int, int]:
    """The least and the most that hold with this probability together: equal tails cut off."""
    rising = np.cumsum(shares)
    tail = (1.0 - surely) / 2
    return int(np.searchsorted(rising, tail, side="right")), int(np.searchsorted(rising, 1.0 - tail, side="left"))


def most_together(seen: Sequence[Seen], late: timedelta = timedelta(0)) -> int:
    """The most of them in view of one camera at one moment, each so much longer before and after its tracks."""
    edges: dict[UUID, list[tuple[datetime, int]]] = {}
    for one in seen:
        edges.setdefault(one.camera_id, []).extend([(one.start - late, 1), (one.end + late, -1)])
    most = 0
    for own in edges.values():
        now = 0
        for _, step in sorted(own, key=lambda edge: (edge[0], -edge[1])):
            now += step
            most = max(most, now)
    return most


def most_moment(seen: Sequence[Seen]) -> tuple[Seen, ...]:
    """Those in view of one camera at the first moment at which they were the most; at least one of `seen`."""
    there = [
        tuple(other for other in seen if other.camera_id == one.camera_id and other.start <= one.start <= other.end)
        for one in sorted(seen, key=lambda each: each.start)
    ]
    return max(there, key=len)


def within_zones(sightings: Iterable[Sighting], zones: Sequence[Zone]) -> list[Sighting]:
    """The stays of tracks in zones of their cameras' views, each as a sighting of its own: it begins where the object's
    foot (the middle of the box's lower edge) enters and ends where it leaves. What has no path is in no zone."""
    found = []
    for track in sightings:
        polygons = [Polygon(tuple(zone.points)) for zone in zones if zone.camera_id == track.camera_id]
        if not polygons or len(track.path) < 2:
            continue
        steps = _steps(track)
        for polygon in polygons:
            for begin, end in polygon.stays(steps):
                inside = [(step[0] - begin, *step[1:]) for step in track.path if begin <= step[0] <= end]
                found.append(
                    replace(
                        track,
                        started_at=track.started_at + timedelta(seconds=begin),
                        ended_at=track.started_at + timedelta(seconds=end),
                        path=tuple(inside) or ((0.0, *track.path[0][1:]),),
                    )
                )
    return found


def over_lines(sightings: Iterable[Sighting], lines: Sequence[DrawnLine]) -> list[Sighting]:
    """The crossings of lines on their cameras' views, each as a sighting of that moment. What has no path
    crosses none."""
    found = []
    for track in sightings:
        if len(track.path) < 2:
            continue
        steps = _steps(track)
        for line in lines:
            if line.camera_id != track.camera_id:
                continue
            for crossing in crossings(line.points, steps, SETTLE_SECONDS):
                moment = track.started_at + timedelta(seconds=crossing.at)
                nearest = track.path[int(np.argmin(np.abs(steps.times - crossing.at)))]
                path = ((0.0, *nearest[1:]),)
                found.append(replace(track, started_at=moment, ended_at=moment, path=path))
    return found


def _steps(track: Sighting) -> Steps:
    places = np.array(track.path)
    return Steps(
        times=places[:, 0],
        feet=np.stack([(places[:, 1] + places[:, 3]) / 2, places[:, 4]], axis=1),
        sizes=np.maximum(places[:, 3] - places[:, 1], places[:, 4] - places[:, 2]),
    )
