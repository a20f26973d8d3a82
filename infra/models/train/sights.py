"""Sights of objects to learn from: rendered ones, real ones, and real ones in new clothes, with all that is known.

Every sight is made once, by seed: cut, lit, blurred and disturbed, then seen by the frozen trunk,
whose outputs are kept. A step of training then costs only what comes after them.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from contracts.vocabulary import COLOURS, ObjectClass, Subject
from infra.models.train import footage, real_tracks, rendered, repaint
from infra.models.train.attribute_labels import label_row, rendered_labels
from infra.models.train.crop_network import varied
from infra.models.train.part_network import (
    GRID,
    HEIGHT,
    KINDS,
    LOW,
    WIDTH,
    Frozen,
    FrozenOutputs,
    kinds_of_colours,
)
from infra.models.train.plan import Plan
from infra.models.train.real_tracks import RealTrack
from infra.rendered_site.looks import tint

EDITION = 1
"""To be counted up when the same plan is to give other sights."""
SIGHTS_EACH = 4
OWN_COLOUR, OWN_LEGS = 0.35, 0.5
"""Shares of real objects that keep their colours, and of real people that keep their legs."""
VEHICLE_SHARE = 0.25
CALIBRATION_SHARE = 0.15
UPPER_ATTRIBUTES = ("upper_colour", "sleeves", "hat", "bag", "backpack", "hi_vis")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sights:
    """Sights of objects, those of one object one after the other.

    Attributes:
        pictures: UINT8 [N,160,96,3], RGB, already varied.
        objects: INT64 [N], who is in it.
        people: BOOL [N], whether it is a person; else a vehicle.
        real: BOOL [N], whether it was filmed; else rendered.
        kept: BOOL [N], not to be learnt from by what is calibrated on it.
        labels: INT64 [N,10], places in the values of `ATTRIBUTE_GROUPS`, -1 where nothing is known.
    """

    pictures: npt.NDArray[np.uint8]
    objects: npt.NDArray[np.int64]
    people: npt.NDArray[np.bool_]
    real: npt.NDArray[np.bool_]
    kept: npt.NDArray[np.bool_]
    labels: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lower:
    """The frozen stages and what they gave for every sight, with 16 bits: maps and shares of colours, end to end."""

    frozen: Frozen
    given: npt.NDArray[Any]

    def rows(self, rows: npt.NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Give the maps [n,112,10,6] and the shares [n,36,10,6] of some sights."""
        both = torch.from_numpy(self.given[rows]).float()
        low = int(np.prod(LOW))
        parts = both[:, :low].unflatten(1, LOW), both[:, low:].unflatten(1, (KINDS, *GRID))
        maps, shares = (part.contiguous(memory_format=torch.channels_last) for part in parts)
        return maps, shares


@dataclass(frozen=True)
class _Seen:
    """One picture before it is varied, UINT8 [192,128,3], and the row of facts that goes with it."""

    picture: npt.NDArray[np.uint8]
    who: int
    person: bool
    real: bool
    kept: bool
    labels: Mapping[str, str]


def gathered(plan: Plan) -> Sights:
    """Make the sights of a plan, or read them back."""
    path = plan.cache / f"sights-{_key(plan)}.npz"
    if not path.is_file():
        made = _varied(plan, [*_rendered(plan), *_real(plan)])
        unfinished = path.with_suffix(".unfinished.npz")
        np.savez(unfinished, **vars(made))
        unfinished.replace(path)
    with np.load(path) as stored:
        return Sights(**{name: stored[name] for name in stored.files})


def kept_in(plan: Plan, name: str, make: Callable[[], npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Give an array that belongs to a plan's sights, made once and then read from the cache as it is needed."""
    path = plan.cache / f"sights-{_key(plan)}-{name}.npy"
    if not path.is_file():
        unfinished = path.with_suffix(".unfinished.npy")
        np.save(unfinished, make())
        unfinished.replace(path)
    stored: npt.NDArray[Any] = np.load(path, mmap_mode="r")
    return stored


def lower(plan: Plan, seen: Sights) -> Lower:
    """Run the frozen stages on all sights, or read back what they gave."""
    frozen = Frozen(kinds_of_colours(seen.pictures, plan.seed))

    def run() -> npt.NDArray[Any]:
        return FrozenOutputs(frozen)(seen.pictures)

    return Lower(frozen, kept_in(plan, "lower", run))


def _key(plan: Plan) -> str:
    """Name everything that decides what the sights are."""
    facts = (EDITION, plan.rendered_sights, plan.real_objects, plan.track_every, plan.seed, plan.shared.is_dir())
    return hashlib.sha256(repr(facts).encode() + real_tracks.LABELS.read_bytes()).hexdigest()[:12]


def _rendered(plan: Plan) -> Iterator[_Seen]:
    crops = rendered.crops(plan.cache, plan.rendered_sights, 0)
    held = len(np.unique(crops.actors)) * CALIBRATION_SHARE
    first = crops.actors.min() + held
    for picture, actor, seen in zip(crops.pictures, crops.actors, crops.attributes, strict=True):
        yield _Seen(picture, int(actor), "upper" in seen, False, bool(actor < first), rendered_labels(seen))


def _real(plan: Plan) -> Iterator[_Seen]:
    rng = np.random.default_rng(plan.seed)
    followed = real_tracks.tracks(plan.shared, footage.TRAINING_CLIPS, plan.track_every)
    tracks = [*followed, *real_tracks.stills(plan.shared)]
    # Who is kept for calibrating stays apart in every disguise.
    kept = rng.random(len(tracks)) < CALIBRATION_SHARE * 1.5
    pools = {
        (subject, side): [
            track for track, aside in zip(tracks, kept, strict=True) if track.subject is subject and aside == side
        ]
        for subject in Subject
        for side in (False, True)
    }
    start = 1 << 40
    for who in range(plan.real_objects if tracks else 0):
        subject = Subject.VEHICLE if rng.random() < VEHICLE_SHARE else Subject.PERSON
        side = bool(rng.random() < CALIBRATION_SHARE)
        pool = pools[subject, side]
        if not pool:
            continue
        for picture, labels in _disguised(rng, pool, subject):
            yield _Seen(picture, start + who, subject is Subject.PERSON, True, side, labels)


def _disguised(
    rng: np.random.Generator, pool: list[RealTrack], subject: Subject
) -> Iterator[tuple[npt.NDArray[np.uint8], dict[str, str]]]:
    """Give sights of one real object, perhaps with another's legs, perhaps in other colours."""
    body = pool[int(rng.integers(len(pool)))]
    legs = body
    if subject is Subject.PERSON and rng.random() > OWN_LEGS:
        legs = pool[int(rng.integers(len(pool)))]
    labels = {f"{subject}.{name}": value for name, value in body.labels.items()}
    if legs is not body:
        labels = {name: value for name, value in labels.items() if name.partition(".")[2] in UPPER_ATTRIBUTES}
        labels |= {f"person.{name}": value for name, value in legs.labels.items() if name in ("lower_colour", "legs")}
    regions = {"vehicle.colour": repaint.BODYWORK}
    if subject is Subject.PERSON:
        regions = {"person.upper_colour": repaint.UPPER, "person.lower_colour": repaint.LOWER}
    if body.klass in (ObjectClass.BICYCLE, ObjectClass.MOTORCYCLE):
        regions = {}
    paints = {}
    for name, region in regions.items():
        if rng.random() > OWN_COLOUR:
            colour = str(rng.choice(COLOURS))
            paints[name] = (region, colour, tint(rng, colour))
    for _ in range(SIGHTS_EACH):
        picture = body.pictures[int(rng.integers(len(body.pictures)))]
        if legs is not body:
            picture = repaint.joined(picture, legs.pictures[int(rng.integers(len(legs.pictures)))])
        said = dict(labels)
        for name, (region, colour, paint) in paints.items():
            changed = repaint.repainted(picture, region, paint)
            if changed is not None:
                picture, said[name] = changed, colour
        yield picture, said


def _varied(plan: Plan, seen: list[_Seen]) -> Sights:
    generator = torch.Generator().manual_seed(plan.seed)
    rng = np.random.default_rng(plan.seed + 1)
    parts = []
    for start in range(0, len(seen), 240):
        part = torch.from_numpy(np.stack([one.picture for one in seen[start : start + 240]]))
        # Shuffled, because what is painted over is the first of a batch.
        order = torch.randperm(len(part), generator=generator)
        lit = torch.empty(len(part), 3, HEIGHT, WIDTH)
        lit[order] = varied(generator, part[order], HEIGHT, WIDTH, colour=0.08, erase=0.2)
        pictures = np.ascontiguousarray(lit.round().byte().permute(0, 2, 3, 1).numpy())
        parts.append(np.stack([_squeezed(rng, picture) for picture in pictures]))
    logger.info("sights: %d of %d objects", len(seen), len({one.who for one in seen}))
    return Sights(
        np.concatenate(parts),
        np.array([one.who for one in seen], np.int64),
        np.array([one.person for one in seen]),
        np.array([one.real for one in seen]),
        np.array([one.kept for one in seen]),
        np.array([label_row(one.labels) for one in seen], np.int64),
    )


def _squeezed(rng: np.random.Generator, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Send half of the pictures through an encoder that spares."""
    if rng.random() < 0.5:
        return picture
    _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
