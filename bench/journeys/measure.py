"""Figures of journeys: hops, identities across cameras, and whether confidences mean what they say."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

from bench.journeys.site import Site, alike, case_of, only
from bench.quality.attributes import calibration_error
from contracts.vocabulary import Subject
from services.search.model.journey import LIKELY, Fitted, Sighting, confidence, solved, subject_of
from services.search.model.transition import Transitions

LEAST_TOLD = 0.02
"""Candidates less probable than this are never shown, and would make any calibration look good."""

Followed = Mapping[UUID, float]
"""The tracks of a journey besides its origin, and the confidence of each."""

Follow = Callable[[Site, Sighting, frozenset[UUID]], tuple[Followed, Followed]]
"""From one track, some being away: the hops, and all tracks that were considered, with their confidences."""


@dataclass(frozen=True)
class Figures:
    """Over all journeys, one from each track.

    Attributes:
        precision, recall: of hops that are said to be likely.
        idf1: of identities across cameras (Ristani et al., ECCV 2016), journeys taken one after the other, each track
            once, weighted by how long tracks are in view.
        calibration: mean gap between confidence and share of right ones, over what is told.
        journeys: how many there are.
    """

    precision: float
    recall: float
    idf1: float
    calibration: float
    journeys: int

    @property
    def f1(self) -> float:
        """Of precision and recall."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both > 0 else 0.0

    def named(self, prefix: str) -> dict[str, float]:
        """Dotted names to numbers."""
        shown = {
            "hop_precision": self.precision,
            "hop_recall": self.recall,
            "hop_f1": self.f1,
            "idf1": self.idf1,
            "calibration_error": self.calibration,
        }
        return {f"{prefix}.{name}": value for name, value in shown.items() if not np.isnan(value)}


def journeys(transitions: Mapping[str, Transitions], fitted: Fitted, least: float = LIKELY) -> Follow:
    """The service's own. `least`: the confidence from which a hop counts; from 0 on all count that are told."""

    def follow(site: Site, origin: Sighting, without: frozenset[UUID]) -> tuple[Followed, Followed]:
        weights = fitted[subject_of(origin.track.object_class)]
        chain = solved(case_of(site, origin, transitions[site.name], without), weights)
        told = {
            ident: confidence(weights, probability)
            for ident, probability in chain.probabilities.items()
            if ident != origin.track.id
        }
        hops = {stop.id: told[stop.id] for stop in chain.stops if stop.id != origin.track.id}
        return {ident: sure for ident, sure in hops.items() if sure >= least}, told

    return follow


def nearest(least: Mapping[Subject, float], *, own_camera: bool = False) -> Follow:
    """The most alike track of every other camera, if it is alike enough: what a search by appearance gives. With
    `own_camera` that of the origin's own too: nobody has said that who was there does not come back."""

    def follow(site: Site, origin: Sighting, without: frozenset[UUID]) -> tuple[Followed, Followed]:
        best: dict[UUID, Sighting] = {}
        enough, own = least[subject_of(origin.track.object_class)], origin.track.camera_id
        for other in site.others(origin):
            camera = other.track.camera_id
            if other.track.id not in without and camera not in best and (own_camera or camera != own):
                best[camera] = other
        return {one.track.id: 1.0 for one in best.values() if alike(origin, one) >= enough}, {}

    return follow


def best_thresholds(sites: Sequence[Site], *, own_camera: bool = False) -> dict[Subject, float]:
    """The similarities at which the nearest tracks have the best F1, apart for people and vehicles."""
    return {subject: _best_threshold([only(site, subject) for site in sites], own_camera) for subject in Subject}


def _best_threshold(sites: Sequence[Site], own_camera: bool) -> float:
    likeness = sorted(alike(one, other) for site in sites for one in site.sightings for other in site.others(one)[:3])
    tried: list[float] = [likeness[round(place)] for place in np.linspace(0, len(likeness) - 1, 25)]

    def quality(least: float) -> float:
        thresholds: dict[Subject, float] = dict.fromkeys(Subject, least)
        return figures(sites, nearest(thresholds, own_camera=own_camera), identities=False).f1

    return max(tried, key=quality)


def figures(sites: Sequence[Site], follow: Follow, *, identities: bool = True) -> Figures:
    """One journey from every track of every site."""
    right = found = wanted = count = 0
    confidences: list[float] = []
    same_ones: list[bool] = []
    for site in sites:
        for origin in site.sightings:
            hops, told = follow(site, origin, frozenset())
            same = site.same(origin)
            right, found, wanted = right + len(same & set(hops)), found + len(hops), wanted + len(same)
            count += 1
            shown = {ident: sure for ident, sure in told.items() if sure >= LEAST_TOLD}
            confidences += shown.values()
            same_ones += [ident in same for ident in shown]
    return Figures(
        precision=right / found if found else float("nan"),
        recall=right / wanted if wanted else float("nan"),
        idf1=_mean_idf1(sites, follow) if identities else float("nan"),
        calibration=calibration_error(confidences, same_ones) if confidences else float("nan"),
        journeys=count,
    )


def _mean_idf1(sites: Sequence[Site], follow: Follow) -> float:
    hit = total = 0.0
    for site in sites:
        overlap, lengths = _identities(site, follow)
        rows, columns = linear_sum_assignment(-overlap)
        hit += float(overlap[rows, columns].sum())
        total += lengths
    return hit / total if total else float("nan")


def _identities(site: Site, follow: Follow) -> tuple[npt.NDArray[np.float64], float]:
    """Seconds that each identity that was found shares with each that there is, and seconds in all."""
    taken: set[UUID] = set()
    length = {one.track.id: max(one.stop.ended - one.stop.began, 0.5) for one in site.sightings}
    actors = {actor: number for number, actor in enumerate(sorted(set(site.actors.values())))}
    rows: list[npt.NDArray[np.float64]] = []
    for origin in sorted(site.sightings, key=lambda one: (one.stop.began, one.track.id)):
        if origin.track.id not in taken:
            hops, _ = follow(site, origin, frozenset(taken))
            row = np.zeros(len(actors))
            for ident in (origin.track.id, *hops):
                row[actors[site.actors[ident]]] += length[ident]
                taken.add(ident)
            rows.append(row)
    return np.stack(rows), sum(length.values())
