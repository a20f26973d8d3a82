"""How well journeys follow somebody over several cameras.

    python -m bench.journeys [--json FILE] [--profile tiny] [--fit]

Rendered sites with exact truth, and the real clips of several cameras where they are at hand. `--fit` fits the weights
of the profile's appearance space first and writes them for the service. What was rendered and what the networks said of
it is kept in the state folder: stopped and begun anew, it goes on from there.
"""

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
from rich.console import Console

from bench.journeys.fit import fitted
from bench.journeys.footage import FITTED_SEEDS, MEASURED_SEEDS, Passage, passages_of, rendered_passages
from bench.journeys.kept import kept_site
from bench.journeys.measure import best_thresholds, figures, journeys, nearest
from bench.journeys.site import Describe, Site, looked_at, only, transitions_of
from bench.quality.looking import watch
from bench.quality.reference import FILE, Reference
from bench.quality.reidentification import histograms
from bench.quality.truth import TRUTH_FOLDER, Kind, read_collection
from bench.quality.weights import Weights as Networks
from bench.report import CHECKOUT, measured, publish
from contracts.vocabulary import Subject
from infra.models.train.footage import HELD_OUT_CLIPS
from services.search.model import journey
from services.search.model.journey import FITTED, Fitted, surenesses, weights_of
from services.search.model.transition import GivenTransition, Pair

WRITTEN = Path(journey.__file__).with_name("journey_weights.json")
CLIPS = "multicam_pose2sim"

Tell = Callable[[str], None]


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(prog="python -m bench.journeys", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--profile", default="tiny", help="whose networks look at the crops")
    parser.add_argument("--state", type=Path, default=Path(".sightline"), help="the state folder")
    parser.add_argument("--fit", action="store_true", help="fit the weights of its appearance space first")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    errors = Console(stderr=True)

    def tell(text: str) -> None:
        errors.print(f"[dim]{text}[/]", soft_wrap=True)

    networks = Networks(arguments.profile, arguments.state)
    space = networks.served("appearance").parameter("space")
    eyes = _Eyes(arguments.state, networks, tell)
    seen = [eyes.site(seed) for seed in FITTED_SEEDS]
    if arguments.fit:
        weights = fitted(seen, f"rendered sites {FITTED_SEEDS[0]} to {FITTED_SEEDS[-1]}")
        _write(space, weights)
    else:
        weights, known = weights_of(space)
        if not known:
            tell(f"no weights were fitted for {space}: those of another space are used (--fit)")
    ours = [eyes.site(seed) for seed in MEASURED_SEEDS]
    least = best_thresholds(seen)
    found = _measured_here(ours, weights, "rendered")
    found |= figures(ours, nearest(least)).named("rendered.nearest")
    anywhere = nearest(best_thresholds(seen, own_camera=True), own_camera=True)
    found |= figures(ours, anywhere).named("rendered.nearest_own_camera_too")
    for subject in Subject:
        some = [only(site, subject) for site in ours]
        learned = {site.name: transitions_of(site, surenesses(weights)) for site in ours}
        found |= figures(some, journeys(learned, weights)).named(f"rendered_{subject}.ours")
        found |= figures(some, nearest(least)).named(f"rendered_{subject}.nearest")
    hues, hues_seen = ([eyes.hues(seed) for seed in seeds] for seeds in (MEASURED_SEEDS, FITTED_SEEDS))
    found |= figures(hues, nearest(best_thresholds(hues_seen))).named("rendered.histogram")
    found |= _real(arguments.state, networks, weights, least, tell)
    settings = {
        "profile": arguments.profile,
        "space": space,
        "fitted_on": list(FITTED_SEEDS),
        "measured_on": list(MEASURED_SEEDS),
        "tracks": sum(len(site.sightings) for site in ours),
    }
    publish(measured("journeys", settings, found), arguments.json)


class _Eyes:
    """What is seen in the tracks of rendered sites, each looked at once and cut out once."""

    def __init__(self, state: Path, networks: Networks, tell: Tell) -> None:
        self._state, self._networks, self._tell = state, networks, tell
        self._passages: dict[int, list[Passage]] = {}

    def site(self, seed: int) -> Site:
        """With the vectors and attributes of the profile's networks."""
        by = [self._networks.served(slot).sha256 for slot in ("appearance", "attributes")]
        return self._looked(seed, by, _appearance(self._networks), self._networks)

    def hues(self, seed: int) -> Site:
        """With colour histograms for vectors."""
        return self._looked(seed, ["histograms"], histograms, None)

    def _looked(self, seed: int, by: Sequence[str], describe: Describe, networks: Networks | None) -> Site:
        def look() -> Site:
            if seed not in self._passages:
                self._passages[seed] = rendered_passages(seed, self._state, self._tell)
            self._tell(f"looking at {len(self._passages[seed])} tracks of {seed} …")
            return looked_at(str(seed), self._passages[seed], describe, networks)

        return kept_site(str(seed), by, self._state / "journeys" / "looked", look)


def _measured_here(sites: Sequence[Site], weights: Fitted, name: str) -> dict[str, float]:
    """Ours, ours with one factor left out, and with the hops that are possible only."""
    learned = {site.name: transitions_of(site, surenesses(weights)) for site in sites}
    unknown = {site.name: transitions_of(site, None) for site in sites}
    plain = [replace(site, sightings=tuple(replace(one, attributes={}) for one in site.sightings)) for site in sites]
    found = figures(sites, journeys(learned, weights)).named(f"{name}.ours")
    found |= figures(sites, journeys(learned, weights, 0.0)).named(f"{name}.ours_possible")
    found |= figures(sites, journeys(unknown, weights)).named(f"{name}.ours_nothing_learned")
    found |= figures(sites, journeys(unknown, weights, 0.0)).named(f"{name}.ours_nothing_learned_possible")
    found |= figures(plain, journeys(learned, weights)).named(f"{name}.ours_no_attributes")
    return found


def _real(
    state: Path, networks: Networks, weights: Fitted, least: Mapping[Subject, float], tell: Tell
) -> dict[str, float]:
    """The held-out cameras of the real clips: their views overlap, which is said or left to be learned."""
    shared = Path(os.environ.get("SIGHTLINE_SHARED") or CHECKOUT.parent / "shared")
    if not (shared / "footage" / CLIPS).is_dir():
        tell(f"{shared / 'footage' / CLIPS} is not there: nothing is measured on real clips")
        return {}
    clips = read_collection("real", shared / "footage", TRUTH_FOLDER / "real.json").clips
    reference = Reference(shared / "models" / FILE) if (shared / "models" / FILE).is_file() else None
    watched = [
        watch(clip, networks, reference, {"faces": {}, "plates": {}}, state / "quality" / "found")
        for clip in clips
        if clip.name in HELD_OUT_CLIPS and clip.name.startswith(CLIPS)
    ]
    sights = [sight for one in watched for sight in one.sights if sight.thing.kind is Kind.PERSON]
    if not sights:
        tell("nobody could be cut out of the real clips")
        return {}
    site = looked_at(CLIPS, passages_of(sights), _appearance(networks), networks)
    cameras = sorted({one.track.camera_id for one in site.sightings})
    said: dict[Pair, GivenTransition] = {
        (one, other): GivenTransition(overlapping=True) for one in cameras for other in cameras if one != other
    }
    given = {CLIPS: transitions_of(site, surenesses(weights), said)}
    learned = {CLIPS: transitions_of(site, surenesses(weights))}
    found = {f"real.{CLIPS}.tracks": float(len(site.sightings))}
    found |= figures([site], journeys(given, weights)).named(f"real.{CLIPS}.ours_overlap_given")
    found |= figures([site], journeys(learned, weights)).named(f"real.{CLIPS}.ours")
    return found | figures([site], nearest(least)).named(f"real.{CLIPS}.nearest")


def _appearance(networks: Networks) -> Describe:
    return lambda crops: networks.vectors("appearance", crops)


def _write(space: str, weights: Fitted) -> None:
    kept = {**FITTED, space: weights}
    WRITTEN.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")


if __name__ == "__main__":
    main()
