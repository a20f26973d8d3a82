"""Paths on a camera's view, and when they were in a polygon or went over a line. Shares of the view, true seconds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]

_TOUCHING = 1e-6
"""Seconds: pieces of a stay that meet are one."""

_AT_EDGE = 0.01
"""A line that ends so near the view's edge was meant to reach it."""

_BEYOND = 0.05
"""So far a line that was drawn to the view's edge goes on: who is cut off by that edge stands exactly on it."""


@dataclass(frozen=True, eq=False)
class Steps:
    """Where somebody stood, from step to step.

    Attributes:
        times: FP64 [n], seconds since 1970, rising.
        feet: FP64 [n, 2], x and y of the middle of the box's lower edge, in shares of the view.
        sizes: FP64 [n], the longer side of the box, in shares.
    """

    times: Floats
    feet: Floats
    sizes: Floats

    def at(self, moments: Floats) -> Floats:
        """Where it was at these moments, FP64 [m, 2]; between two steps it went straight and evenly."""
        return np.stack([np.interp(moments, self.times, self.feet[:, axis]) for axis in (0, 1)], axis=1)


@dataclass(frozen=True)
class Polygon:
    """A zone."""

    points: tuple[tuple[float, float], ...]

    @cached_property
    def shape(self) -> shapely.Polygon:
        """Prepared, so that many questions are cheap."""
        polygon = shapely.Polygon(self.points)
        shapely.prepare(polygon)
        return polygon

    def holds(self, feet: Floats) -> npt.NDArray[np.bool_]:
        """Which points lie in it or on its edge, bool [n]. What is beyond the view counts as at the view's edge."""
        seen = in_view(feet)
        return np.asarray(shapely.intersects_xy(self.shape, seen[:, 0], seen[:, 1]), dtype=np.bool_)

    def stays(self, steps: Steps) -> list[tuple[float, float]]:
        """From when until when it was inside, in order and apart, in seconds since 1970. Exact between the steps, so
        that what is quicker than they are is seen too."""
        steps = Steps(steps.times, in_view(steps.feet), steps.sizes)
        inside = self.holds(steps.feet)
        pieces: list[tuple[float, float]] = []
        for first, last in _runs(inside):
            pieces.append((float(steps.times[first]), float(steps.times[last])))
        for step in self._edges(steps, inside):
            begin, length = steps.times[step], steps.times[step + 1] - steps.times[step]
            for enters, leaves in _within(self.shape, steps.feet[step], steps.feet[step + 1]):
                pieces.append((float(begin + enters * length), float(begin + leaves * length)))
        return joined(sorted(pieces), _TOUCHING)

    def _edges(self, steps: Steps, inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
        """Numbers of the steps that go over the polygon's edge."""
        changes = inside[:-1] != inside[1:]
        outside = np.flatnonzero(~inside[:-1] & ~inside[1:])
        if len(outside):
            lines = shapely.linestrings(np.stack([steps.feet[outside], steps.feet[outside + 1]], axis=1))
            changes[outside[shapely.intersects(self.shape, lines)]] = True
        return np.flatnonzero(changes)


@dataclass(frozen=True)
class Crossing:
    """Once over a line."""

    at: float
    """Seconds since 1970."""
    place: tuple[float, float]
    to_right: bool
    """From the line's left to its right, seen from its first point towards its last."""


def crossings(line: Sequence[tuple[float, float]], steps: Steps, settle_seconds: float) -> list[Crossing]:
    """When a path went over a line, in order. To and fro within `settle_seconds` is nothing: a box that trembles on
    the line crosses it all the time.

    A step crosses a piece of the line where each lies on both sides of the other (Sedgewick, "Algorithms", on
    intersecting segments); a point on it belongs to its left side, so that a path through a corner crosses once.
    """
    found = sorted(_raw_crossings(line, steps), key=lambda crossing: crossing.at)
    settled: list[Crossing] = []
    for group in _groups(found, settle_seconds):
        net = sum(1 if crossing.to_right else -1 for crossing in group)
        same = [crossing for crossing in group if crossing.to_right == (net > 0)]
        settled += same[: abs(net)]
    return settled


def in_view(feet: Floats) -> Floats:
    """Points beyond the view's edge (boxes reach over it) put onto it, FP64 [n, 2]."""
    return np.clip(feet, 0.0, 1.0)


def joined(stays: Sequence[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """Stretches (sorted by their start) of which those that are at most so far apart are made one."""
    merged: list[tuple[float, float]] = []
    for begin, end in stays:
        if merged and begin - merged[-1][1] <= gap:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _raw_crossings(line: Sequence[tuple[float, float]], steps: Steps) -> Iterator[Crossing]:
    ends = _over_the_edge(np.array(line, dtype=np.float64))
    feet = in_view(steps.feet)
    here, there = feet[:-1], feet[1:]
    for first, last in pairwise(ends):
        before, after = _side(first, last, here), _side(first, last, there)
        # Each step is looked at from the same of its ends, whichever way it goes.
        turned = (here[:, 0] > there[:, 0]) | ((here[:, 0] == there[:, 0]) & (here[:, 1] > there[:, 1]))
        low, high = np.where(turned[:, None], there, here), np.where(turned[:, None], here, there)
        from_first, from_last = _side(low, high, first), _side(low, high, last)
        for step in np.flatnonzero(((before > 0) != (after > 0)) & ((from_first > 0) != (from_last > 0))):
            share = before[step] / (before[step] - after[step])
            place = here[step] + share * (there[step] - here[step])
            at = steps.times[step] + share * (steps.times[step + 1] - steps.times[step])
            yield Crossing(float(at), (float(place[0]), float(place[1])), bool(after[step] > 0))


def _over_the_edge(line: Floats) -> Floats:
    """The line with those ends lengthened that lie at the view's edge and lead out of it."""
    ends = line.copy()
    for end, before in ((0, 1), (-1, -2)):
        way = line[end] - line[before]
        beyond = line[end] + _BEYOND * way / max(float(np.hypot(way[0], way[1])), _TOUCHING)
        at_edge = bool(((line[end] <= _AT_EDGE) | (line[end] >= 1 - _AT_EDGE)).any())
        if at_edge and bool(((beyond < 0) | (beyond > 1)).any()):
            ends[end] = beyond
    return ends


def _side(first: Floats, last: Floats, points: Floats) -> Floats:
    """Above 0 to the right of the way from first to last, as one sees it on the picture (y grows downwards)."""
    along, towards = last - first, points - first
    return np.asarray(along[..., 0] * towards[..., 1] - along[..., 1] * towards[..., 0])


def _groups(found: Sequence[Crossing], gap: float) -> Iterator[list[Crossing]]:
    group: list[Crossing] = []
    for crossing in found:
        if group and crossing.at - group[-1].at > gap:
            yield group
            group = []
        group.append(crossing)
    if group:
        yield group


def _runs(mask: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and last number of each stretch of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        yield int(first), int(after) - 1


def true_runs(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last number of each stretch of true values, in order."""
    return list(_runs(mask))


def _within(shape: shapely.Polygon, here: Floats, there: Floats) -> Iterator[tuple[float, float]]:
    """Which parts of a step lie in the polygon, as shares of its length."""
    along = there - here
    length = float(along @ along)
    for part in shapely.get_parts(shapely.intersection(shape, shapely.LineString([here, there]))):
        shares = (shapely.get_coordinates(part) - here) @ along / length
        yield float(np.clip(shares.min(), 0, 1)), float(np.clip(shares.max(), 0, 1))
