"""The weights of journeys, fitted on rendered sites that nothing is measured on."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from bench.journeys.site import Site, case_of, only, transitions_of
from contracts.vocabulary import ObjectClass, Subject
from services.search.model.chain import NEVER
from services.search.model.journey import Case, Fitted, Sighting, Weights, factors_of, solved, time_score
from services.search.model.transition import LONGEST_GAP

SURE_PRECISION = 0.8
"""Matches teach the times of transitions from the similarity on at which so many of them are right."""
_RIDGE = 0.3
_STEPS = 50

Floats = npt.NDArray[np.float64]
Common = dict[str, tuple[float, ...]]


def fitted(sites: Sequence[Site], fitted_on: str) -> Fitted:
    """Weights for the space of the sites' vectors, apart for people and vehicles."""
    return {subject: _fitted([only(site, subject) for site in sites], fitted_on) for subject in Subject}


def _fitted(sites: Sequence[Site], fitted_on: str) -> Weights:
    """A logistic regression over pairs of tracks; and Platt scaling (1999) of what chains make of them."""
    sure = sure_similarity(sites)
    common = _common(sites)
    rows, right = _pairs(sites, sure, common)
    # Time is in log-odds already, by what is known of the transitions: it counts as it is, or sites where they are
    # known well would teach that looks mean nothing.
    appearance, attributes, unknown, bias = _logistic(rows[:, :4], right, given=rows[:, 4])
    weights = Weights(
        appearance=appearance,
        attributes=max(attributes, 0.0),
        unknown_attributes=unknown,
        time=1.0,
        bias=bias,
        sharpness=1.0,
        shift=0.0,
        common=common,
        sure=sure,
        fitted_on=fitted_on,
    )
    odds, same = _told(sites, weights)
    sharpness, shift = _logistic(odds[:, None], same)
    return msgspec.structs.replace(weights, sharpness=_rounded(sharpness), shift=_rounded(shift))


def sure_similarity(sites: Sequence[Site]) -> float:
    """The similarity from which mutually nearest tracks of two cameras are the same object, mostly."""
    matches: list[tuple[float, bool]] = []
    for site in sites:
        vectors = np.stack([one.vector for one in site.sightings if one.vector is not None])
        cameras = np.array([one.track.camera_id.int % 2**31 for one in site.sightings])
        actors = [site.actors[one.track.id] for one in site.sightings]
        likeness = vectors @ vectors.T
        for camera in np.unique(cameras):
            for other in np.unique(cameras[cameras != camera]):
                some, rest = np.flatnonzero(cameras == camera), np.flatnonzero(cameras == other)
                part = likeness[np.ix_(some, rest)]
                for row, column in enumerate(part.argmax(axis=1)):
                    if part[:, column].argmax() == row:
                        matches.append((part[row, column], actors[some[row]] == actors[rest[column]]))
    matches.sort(reverse=True)
    right = np.cumsum([same for _, same in matches]) / (np.arange(len(matches)) + 1)
    enough = np.flatnonzero(right >= SURE_PRECISION)
    return round(float(matches[enough[-1] if len(enough) else 0][0]), 3)


def _pairs(sites: Sequence[Site], sure: float, common: Common) -> tuple[Floats, Floats]:
    """The factors of pairs of tracks, and whether they follow one another in one object's journey: as it is where
    transitions were learned, and where nothing is known of them."""
    rows: list[list[float]] = []
    right: list[float] = []
    for site in sites:
        for origin, transitions in product(
            site.sightings, (transitions_of(site, _for_all(sure)), transitions_of(site, None))
        ):
            case = case_of(site, origin, transitions)
            neighbours = _neighbours(site, origin)
            for other in case.candidates:
                same = site.actors[other.track.id] == site.actors[origin.track.id]
                row = _row(case, origin, other, common)
                if row is not None and (not same or other.track.id in neighbours):
                    # As it is, and as it would be where nobody looked for attributes.
                    rows += [row, [row[0], 0.0, 1.0, *row[3:]]]
                    right += [float(same)] * 2
    return np.array(rows), np.array(right)


def _common(sites: Sequence[Site]) -> Common:
    """How common each value of each attribute is among the tracks."""
    said: dict[str, list[tuple[float, ...]]] = {}
    for one in (one for site in sites for one in site.sightings):
        for key, shares in one.attributes.items():
            said.setdefault(key, []).append(shares)
    return {key: tuple(_rounded(float(share)) for share in np.mean(shares, axis=0)) for key, shares in said.items()}


def _for_all(sure: float) -> dict[int, float]:
    return dict.fromkeys(range(len(ObjectClass)), sure)


def _neighbours(site: Site, origin: Sighting) -> set[Any]:
    own = sorted(
        (one for one in site.sightings if one.track.id in site.same(origin) | {origin.track.id}),
        key=lambda one: one.stop.began,
    )
    place = [one.track.id for one in own].index(origin.track.id)
    return {one.track.id for one in own[max(place - 1, 0) : place + 2]} - {origin.track.id}


def _row(case: Case, origin: Sighting, other: Sighting, common: Common) -> list[float] | None:
    before, after = sorted((origin.stop, other.stop), key=lambda stop: (stop.began, stop.ended))
    time = time_score(case.transitions, before, after)
    if time == NEVER or after.began - before.ended > LONGEST_GAP:
        return None
    factors = factors_of(case, other, common)
    return [
        factors["appearance"],
        factors["attributes"],
        factors["unknown_attributes"],
        1.0,
        factors["time"] + time,
    ]


def _told(sites: Sequence[Site], weights: Weights) -> tuple[Floats, Floats]:
    """What the chains of all tracks say of their candidates, in log-odds, and whether that is right."""
    odds: list[float] = []
    right: list[float] = []
    for site in sites:
        for origin, transitions in product(
            site.sightings, (transitions_of(site, _for_all(weights.sure)), transitions_of(site, None))
        ):
            chain = solved(case_of(site, origin, transitions), weights)
            same = site.same(origin)
            for ident, probability in chain.probabilities.items():
                if ident != origin.track.id and probability > 1e-6:
                    kept = min(max(probability, 1e-6), 1 - 1e-6)
                    odds.append(float(np.log(kept / (1 - kept))))
                    right.append(float(ident in same))
    return np.array(odds), np.array(right)


def _logistic(rows: Floats, right: Floats, given: Floats | float = 0.0) -> list[float]:
    """Maximum likelihood by Newton's method, with a little ridge; `given` is added to the log-odds as it is.
    A single column gets a constant beside it."""
    features = np.column_stack([rows, np.ones(len(rows))]) if rows.shape[1] == 1 else rows
    weights = np.zeros(features.shape[1])
    for _ in range(_STEPS):
        likely = 1.0 / (1.0 + np.exp(-(features @ weights + given)))
        slope = features.T @ (right - likely) - _RIDGE * weights
        bend = (features * (likely * (1 - likely))[:, None]).T @ features + _RIDGE * np.eye(len(weights))
        step = np.linalg.solve(bend, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return [_rounded(float(weight)) for weight in weights]


def _rounded(value: float) -> float:
    return round(value, 4)
