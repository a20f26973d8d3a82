"""The weights of journeys, fitted on rendered sites that nothing is measured on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt

from bench.journeys.site import Site, case_of, only, transitions_of
from contracts.vocabulary import ObjectClass, Subject
from services.search.model.chain import NEVER
from services.search.model.journey import Fitted, Sighting, Weights, factors_of, solved, time_score
from services.search.model.transition import LONGEST_GAP, Transitions

LEAST_TOLD = 0.01
"""By the chain: less probable candidates are never shown, and being many they would drown those that are."""

BIASES = (0.5, 0.0, -0.5, -1.0, -1.5, -2.0)
"""Tried on top of the pairs'."""

SURE_PRECISION = 0.8
"""Matches teach the times of transitions from the similarity on at which so many of them are right."""
_RIDGE = 0.3
_STEPS = 50
_LEAST_STEP = 1e-8

Floats = npt.NDArray[np.float64]
Common = dict[str, tuple[float, ...]]


def fitted(sites: Sequence[Site], fitted_on: str) -> Fitted:
    """Weights for the space of the sites' vectors, apart for people and vehicles."""
    return {subject: _fitted(sites, subject, fitted_on) for subject in Subject}


def _fitted(whole: Sequence[Site], subject: Subject, fitted_on: str) -> Weights:
    """A choice among tracks (conditional logit, McFadden 1974): which of them follows the origin, or came before it, or
    none; and Platt scaling (1999) of what chains make of that."""
    sites = [only(site, subject) for site in whole]
    sure = sure_similarity(sites)
    sure_of = _for_all(sure)
    common = _common(sites)
    choices = _choices(sites, sure, common)
    # Where attributes are known, and as it would be where nobody looked for any.
    appearance, attributes, bias = _conditional_logit(choices, choices.rows)
    appearance_alone, bias_alone = _conditional_logit(choices, choices.rows[:, [0, 2]])
    weights = Weights(
        appearance=appearance,
        attributes=max(attributes, 0.0),
        bias=bias,
        appearance_alone=appearance_alone,
        bias_alone=bias_alone,
        # Time is in log-odds already, by what is known of the transitions: it counts as it is, or sites where they are
        # known well would teach that looks mean nothing.
        time=1.0,
        unknown_time=0.0,
        sharpness=1.0,
        shift=0.0,
        common=common,
        sure=sure,
        fitted_on=fitted_on,
    )
    # A chain has more ways to be wrong than a pair: by a stranger it comes to others who fit the stranger's times.
    known, known_told = _expecting_as_many(sites, weights, {site.name: transitions_of(site, sure_of) for site in whole})
    guessed, guessed_told = _expecting_as_many(
        sites, weights, {site.name: transitions_of(site, None) for site in whole}
    )
    rows, same = (np.concatenate(parts) for parts in zip(known_told, guessed_told, strict=True))
    likely = rows >= LEAST_TOLD
    shares = np.minimum(rows[likely], 1 - 1e-6)
    odds = np.log(shares / (1 - shares))
    sharpness, shift = _logistic(np.column_stack([odds, np.ones(len(odds))]), same[likely])
    return msgspec.structs.replace(
        weights,
        bias=_rounded(bias + known),
        bias_alone=_rounded(bias_alone + known),
        unknown_time=_rounded(guessed - known),
        sharpness=sharpness,
        shift=shift,
    )


def _expecting_as_many(
    sites: Sequence[Site], weights: Weights, transitions: Mapping[str, Transitions]
) -> tuple[float, tuple[Floats, Floats]]:
    """The bias, of a few, by which chains expect as many tracks as there are, and what they say of all candidates."""
    tried = {}
    for added in BIASES:
        tried[added] = _told(
            sites,
            msgspec.structs.replace(weights, bias=weights.bias + added, bias_alone=weights.bias_alone + added),
            transitions,
        )
    wanted = sum(len(site.same(origin)) for site in sites for origin in site.sightings)
    best = min(tried, key=lambda added: abs(float(tried[added][0].sum()) - wanted))
    return best, tried[best]


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


@dataclass(frozen=True)
class _Choices:
    """Tracks to choose from.

    Attributes:
        rows: appearance, attributes and 1 of each, FP64 [n, 3].
        given: log-odds by their times, FP64 [n].
        of: which choice each belongs to, from 0 on, INT64 [n]; in each choice none of them can be right too.
        right: 1 for the right ones, FP64 [n].
    """

    rows: Floats
    given: Floats
    of: npt.NDArray[np.int64]
    right: Floats


def _choices(sites: Sequence[Site], sure: float, common: Common) -> _Choices:
    """Which track is next in an object's journey, and which was the last: as it is where transitions were learned, and
    where nothing is known of them."""
    rows: list[list[float]] = []
    given: list[float] = []
    of: list[tuple[UUID, bool, int]] = []
    right: list[float] = []
    for site in sites:
        for number, transitions in enumerate((transitions_of(site, _for_all(sure)), transitions_of(site, None))):
            for origin in site.sightings:
                case = case_of(site, origin, transitions)
                neighbours = _neighbours(site, origin)
                for other in case.candidates:
                    before, after = sorted((origin.stop, other.stop), key=lambda stop: (stop.began, stop.ended))
                    time = time_score(transitions, before, after)
                    if time == NEVER or after.began - before.ended > LONGEST_GAP:
                        continue
                    factors = factors_of(case, other, common)
                    rows.append([factors["appearance"], factors["attributes"], 1.0])
                    given.append(factors["time"] + time)
                    of.append((origin.track.id, before.id == origin.track.id, number))
                    right.append(float(other.track.id in neighbours))
    numbers = {choice: number for number, choice in enumerate(dict.fromkeys(of))}
    return _Choices(
        np.array(rows), np.array(given), np.array([numbers[choice] for choice in of], np.int64), np.array(right)
    )


def _common(sites: Sequence[Site]) -> Common:
    """How common each value of each attribute is among the tracks."""
    said: dict[str, list[tuple[float, ...]]] = {}
    for one in (one for site in sites for one in site.sightings):
        for key, shares in one.attributes.items():
            said.setdefault(key, []).append(shares)
    return {key: tuple(_rounded(float(share)) for share in np.mean(shares, axis=0)) for key, shares in said.items()}


def _for_all(sure: float) -> dict[int, float]:
    return dict.fromkeys(range(len(ObjectClass)), sure)


def _neighbours(site: Site, origin: Sighting) -> set[UUID]:
    own = sorted(
        (one for one in site.sightings if one.track.id in site.same(origin) | {origin.track.id}),
        key=lambda one: one.stop.began,
    )
    place = [one.track.id for one in own].index(origin.track.id)
    return {one.track.id for one in own[max(place - 1, 0) : place + 2]} - {origin.track.id}


def _told(sites: Sequence[Site], weights: Weights, transitions: Mapping[str, Transitions]) -> tuple[Floats, Floats]:
    """The probabilities that the chains of all tracks give their candidates, and whether they are right."""
    said: list[float] = []
    right: list[float] = []
    for site in sites:
        for origin in site.sightings:
            chain = solved(case_of(site, origin, transitions[site.name]), weights)
            same = site.same(origin)
            others = {ident: share for ident, share in chain.probabilities.items() if ident != origin.track.id}
            said += others.values()
            right += [float(ident in same) for ident in others]
    return np.array(said), np.array(right)


def _conditional_logit(choices: _Choices, rows: Floats) -> list[float]:
    """Maximum likelihood of the right choices; choosing none is worth 0."""
    count = int(choices.of.max()) + 1

    def look(weights: Floats) -> tuple[float, Floats, Floats]:
        worth = rows @ weights + choices.given
        most = np.zeros(count)
        np.maximum.at(most, choices.of, worth)
        total = most + np.log(np.exp(-most) + np.bincount(choices.of, np.exp(worth - most[choices.of]), count))
        likely = np.exp(worth - total[choices.of])
        expected = np.stack([np.bincount(choices.of, likely * column, count) for column in rows.T], axis=1)
        bend = (rows * likely[:, None]).T @ rows - expected.T @ expected
        return float(choices.right @ worth - total.sum()), rows.T @ (choices.right - likely), bend

    return _best(look, rows.shape[1])


def _logistic(rows: Floats, right: Floats) -> list[float]:
    """Maximum likelihood of what is right."""

    def look(weights: Floats) -> tuple[float, Floats, Floats]:
        odds = rows @ weights
        likely = np.exp(-np.logaddexp(0.0, -odds))
        bend = (rows * (likely * (1 - likely))[:, None]).T @ rows
        return float((right * odds - np.logaddexp(0.0, odds)).sum()), rows.T @ (right - likely), bend

    return _best(look, rows.shape[1])


def _best(look: Callable[[Floats], tuple[float, Floats, Floats]], size: int) -> list[float]:
    """By Newton's method, with a little ridge; `look` gives the log-likelihood of weights, its slope, and how it bends.
    A whole step can lead too far where the start is far off: then half of it is taken, and again."""
    weights = np.zeros(size)
    worth, slope, bend = look(weights)
    for _ in range(_STEPS):
        step = np.linalg.solve(bend + _RIDGE * np.eye(size), slope - _RIDGE * weights)
        while np.abs(step).max() >= _LEAST_STEP:
            next_worth, next_slope, next_bend = look(weights + step)
            if next_worth - _ridge(weights + step) >= worth - _ridge(weights):
                break
            step = step / 2
        if np.abs(step).max() < _LEAST_STEP:
            break
        weights = weights + step
        worth, slope, bend = next_worth, next_slope, next_bend
    return [_rounded(float(weight)) for weight in weights]


def _ridge(weights: Floats) -> float:
    return _RIDGE / 2 * float(weights @ weights)


def _rounded(value: float) -> float:
    return round(value, 4)
