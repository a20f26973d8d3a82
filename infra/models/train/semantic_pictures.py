"""The pictures that the image tower learns from, with what is known of each: rendered, real, repainted, scenes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from contracts.vocabulary import Subject
from infra.models.train import facts, footage, measured_looks, real_crops, real_tracks, rendered, stage_maps, teacher
from infra.models.train.footage import Picture
from infra.models.train.plan import Plan
from infra.models.train.real_crops import RealCrop
from infra.models.train.stage_maps import View
from infra.rendered_site.looks import tint
from infra.rendered_site.model import COLOURS

FOUR_WHEELED = ("car", "bus", "truck")
REPAINTED = {"person": ("upper", "upper", "lower"), "car": ("vehicle",), "bus": ("vehicle",), "truck": ("vehicle",)}
TRIES = 12
NARROWEST_VEHICLE = 0.55
"""Width by height. What is narrower and called a car is a road, with a car far away on it."""
LEGS_FROM = 1.9
"""Height by width from which a person is believed to be seen down to the feet."""
WORKER = {"hi-vis": True, "vest orange": True, "hard hat": True, "hat": True, "no hat": False}
CLIP_ACTIONS = {"bgslibrary_video03.avi": "driving", "ahmetozlu_pedestrian.mp4": "walking"}
"""What everybody does in a clip, seen by eye."""
STREET = {"street": True, "outdoors": True, "indoors": False, "dark": False, "shop": False, "warehouse": False}
CLIP_PLACES: dict[str, dict[str, bool]] = {
    "ahmetozlu_pedestrian.mp4": STREET | {"road": False},
    "omz_street_crowd.avi": STREET | {"crowd": True, "people": True},
    "bgslibrary_video03.avi": facts.one_of(facts.PLACES, "road", ("street",)) | {"outdoors": True, "indoors": False},
    "kwiver_motion.mp4": facts.one_of(facts.PLACES, "path") | {"outdoors": True, "indoors": False, "dark": False},
    "intel_store-aisle-detection.mp4": facts.one_of(facts.PLACES, "shop") | {"indoors": True, "outdoors": False},
    "intel_worker-zone-detection.mp4": facts.one_of(facts.PLACES, "warehouse") | {"outdoors": False},
    "multicam_pose2sim/cam01.mp4": facts.one_of(facts.PLACES, "room") | {"indoors": True, "outdoors": False},
    "multicam_pose2sim/cam02.mp4": facts.one_of(facts.PLACES, "room") | {"indoors": True, "outdoors": False},
}
"""Where the training clips were taken, seen by eye."""
SCENE_SHARES = (0.45, 0.35, 0.2)
"""Of rendered frames, frames of training clips, and stills."""
CALIBRATION_EVERY, CALIBRATION_CROPS = 2.0, 64
NIGHTS = 0.2
"""Share of the scenes by day that are darkened."""
GENDERED = {
    **dict.fromkeys(("woman", "man", "lady", "guy", "girl", "boy", "gentleman", "male", "female"), "person"),
    **dict.fromkeys(("women", "men", "ladies", "guys", "girls", "boys"), "people"),
    **dict.fromkeys(("her", "his"), "their"),
    **dict.fromkeys(("she", "he"), "somebody"),
    **dict.fromkeys(("young", "old", "little", "beautiful", "elderly"), ""),
}
"""Words of people's captions that are about gender, age or beauty, and what stands for them."""


@dataclass(frozen=True)
class Group:
    """One kind of pictures: how to view one, and its share of what is learnt from."""

    name: str
    share: float
    view: Callable[[np.random.Generator, int], View]


class Material:
    """Where the pictures come from. Each kind is fetched when it is first viewed: what is cached needs none of it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def groups(self) -> list[Group]:
        """Give the kinds of pictures; without real footage there are only rendered ones."""
        groups = [Group("rendered", 0.4, self._rendered_view)]
        if teacher.picodet(self._plan.shared / "models") is not None:
            groups.append(Group("real", 0.22, lambda rng, _: _picked(rng, self._real)))
            groups.append(Group("repainted", 0.22, lambda rng, _: _repainted(rng, self._real)))
        return [*groups, Group("scenes", 0.16, self._scene_view)]

    def written(self) -> list[tuple[str, ...]]:
        """Give the captions that people wrote, by the number of the still."""
        return [tuple(map(neutral, still.captions)) for still in footage.stills(self._plan.shared / "stills")]

    @cached_property
    def _crops(self) -> rendered.RenderedCrops:
        return rendered.crops(self._plan.cache, self._plan.rendered_crops, 0)

    @cached_property
    def _real(self) -> dict[str, list[tuple[Picture, dict[str, bool]]]]:
        kinds: dict[str, list[tuple[Picture, dict[str, bool]]]] = {}
        for kind, picture, known in _real(self._plan):
            kinds.setdefault(kind, []).append((picture, known))
        return kinds

    @cached_property
    def _scenes(self) -> list[list[tuple[Picture, dict[str, bool], int]]]:
        return _scenes(self._plan)

    def _rendered_view(self, _: np.random.Generator, number: int) -> View:
        place = number % len(self._crops.pictures)
        return self._crops.pictures[place], facts.row(facts.rendered(self._crops.attributes[place])), -1

    def _scene_view(self, rng: np.random.Generator, _: int) -> View:
        shares = np.array(SCENE_SHARES[: len(self._scenes)])
        some = self._scenes[int(rng.choice(len(shares), p=shares / shares.sum()))]
        picture, known, own = some[int(rng.integers(len(some)))]
        if own < 0 and known.get("dark") is False and rng.random() < NIGHTS:
            picture, known = _darkened(rng, picture), known | {"dark": True}
        return picture, facts.row(known), own


def neutral(caption: str) -> str:
    """Take gender, age and beauty out of a caption that somebody wrote."""
    words = [GENDERED.get(word.lower().strip(".,"), word) for word in caption.split()]
    return " ".join(word for word in words if word)


def _real(plan: Plan) -> list[tuple[str, Picture, dict[str, bool]]]:
    """Cut real crops out of training clips and stills, each with its kind and with what is known of it."""
    crops = real_crops.from_clips(plan.shared, footage.TRAINING_CLIPS, plan.sample_every, min_track=1)
    crops += real_crops.from_stills(plan.shared)
    strong = measured_looks.teachers(plan.shared / "models")
    found = []
    for crop, said in zip(crops, _said(crops), strict=True):
        known = None if said is None else _known(crop, said, strong)
        if known is not None:
            rider = crop.klass == "person" and known.get("rider")
            kind = "rider" if rider else "worker" if known.get("hi-vis") else crop.klass
            found.append((kind, crop.picture, known))
    return found


def _said(crops: Sequence[RealCrop]) -> list[dict[str, str] | None]:
    """Give what people who looked say of a crop's object: nothing where nobody looked, None where it is no object."""
    entries = real_tracks.read_labels()
    tracks: dict[int, dict[str, str] | None] = {}
    said: list[dict[str, str] | None] = []
    for crop in crops:
        subject = Subject.PERSON if crop.klass == "person" else Subject.VEHICLE
        labels: dict[str, str] | None = {}
        for entry in entries:
            moment, x, y = entry["at"]
            inside = crop.box[0] < x < crop.box[2] and crop.box[1] < y < crop.box[3]
            then = abs(crop.seconds - moment) <= real_tracks.NEARNESS
            if entry["clip"] == crop.clip and entry["subject"] == subject and inside and then:
                labels = entry["labels"]
                if crop.track >= 0:
                    tracks[crop.track] = labels
        said.append(labels)
    return [tracks.get(crop.track, one) for crop, one in zip(crops, said, strict=True)]


def _known(crop: RealCrop, said: dict[str, str], strong: measured_looks.Teachers | None) -> dict[str, bool] | None:
    """Put together what people say of a crop, what the teachers say, and what its pixels say; people are believed."""
    wide, tall = crop.sides
    if crop.klass == "person":
        return _known_person(crop, said, strong)
    if crop.klass in FOUR_WHEELED:
        if tall and wide / tall < NARROWEST_VEHICLE:
            return None
        known = facts.crop_of("vehicle")
        # Detectors take vans for cars and trucks, and cars for trucks: only the teacher's own word is believed.
        told = strong.vehicle(crop.picture) if strong else {}
        paint = measured_looks.colours_of(crop.picture, "vehicle", measured_looks.BODYWORK)
        known |= measured_looks.merged(told, paint) | {"bicycle": False, "motorcycle": False}
        if "type" in said:
            known = {fact: true for fact, true in known.items() if fact not in facts.VEHICLES}
            truck = {"truck": True, "car": False, "bus": False, "van": False, "bicycle": False, "motorcycle": False}
            known |= truck if said["type"] == "truck" else facts.vehicle_kind(said["type"])
    elif crop.klass in ("bicycle", "motorcycle"):
        known = facts.crop_of("vehicle", "person") if crop.mounted else facts.crop_of("vehicle")
        known |= facts.vehicle_kind(crop.klass)
        if not crop.mounted:
            # A rider may have been missed.
            known = {fact: true for fact, true in known.items() if fact not in ("person", "rider", "riding")}
    else:
        return None
    if "colour" in said:
        known |= facts.coloured("vehicle", said["colour"])
    return known | (facts.one_of(facts.ACTIONS, "driving") if CLIP_ACTIONS.get(crop.clip) == "driving" else {})


def _known_person(crop: RealCrop, said: dict[str, str], strong: measured_looks.Teachers | None) -> dict[str, bool]:
    wide, tall = crop.sides
    known = facts.crop_of("person", "vehicle") if crop.mounted else facts.crop_of("person")
    if crop.mounted:
        known |= facts.vehicle_kind("bicycle") | facts.one_of(facts.ACTIONS, "riding")
    if "worker" in crop.clip:
        return known | WORKER
    known |= {"hi-vis": False} | {f"vest {colour}": False for colour in COLOURS}
    known |= measured_looks.colours_of(crop.picture, "upper", measured_looks.TORSO)
    whole = wide > 0 and tall / wide >= LEGS_FROM
    if whole and not crop.mounted:
        known |= measured_looks.colours_of(crop.picture, "lower", measured_looks.LEGS)
    if strong and tall >= 90 and not said:
        told = strong.person(crop.picture)
        known |= {fact: true for fact, true in told.items() if whole or "leg" not in fact}
    if crop.clip in CLIP_ACTIONS:
        known |= facts.one_of(facts.ACTIONS, CLIP_ACTIONS[crop.clip])
    return known | _told_of_person(said)


def _told_of_person(said: dict[str, str]) -> dict[str, bool]:
    known: dict[str, bool] = {}
    for name, part in (("upper_colour", "upper"), ("lower_colour", "lower")):
        if name in said:
            known |= facts.coloured(part, said[name])
    for name in ("sleeves", "legs"):
        if name in said:
            known |= {f"{length} {name}": said[name] == length for length in ("short", "long")}
    for name, none in (("hat", "no hat"), ("backpack", "")):
        if name in said:
            known[name] = said[name] == "yes"
            if none:
                known[none] = said[name] == "no"
    if "bag" in said and "backpack" in said:
        # To most people a backpack is a bag too.
        carries = "yes" in (said["bag"], said["backpack"])
        known |= {"bag": carries, "no bag": not carries}
    return known


def _drawn(rng: np.random.Generator, kinds: dict[str, Any]) -> str:
    """Draw a kind: people most, rare kinds more often than they are seen."""
    weights = np.array([np.sqrt(len(some)) * (2.5 if kind == "person" else 1) for kind, some in kinds.items()])
    return str(rng.choice(list(kinds), p=weights / weights.sum()))


def _picked(rng: np.random.Generator, kinds: dict[str, list[tuple[Picture, dict[str, bool]]]]) -> View:
    some = kinds[_drawn(rng, kinds)]
    picture, known = some[int(rng.integers(len(some)))]
    return picture, facts.row(known), -1


def _repainted(rng: np.random.Generator, kinds: dict[str, list[tuple[Picture, dict[str, bool]]]]) -> View:
    """Give a crop in other colours; one as it is, where none can be repainted."""
    paintable = {kind: some for kind, some in kinds.items() if kind in REPAINTED}
    for _ in range(TRIES if paintable else 0):
        kind = _drawn(rng, paintable)
        picture, known = paintable[kind][int(rng.integers(len(paintable[kind])))]
        done = False
        for part in sorted(set(REPAINTED[kind])):
            if part == "lower" and rng.random() < 0.5:
                continue
            colour = str(rng.choice(COLOURS))
            painted = measured_looks.repainted(picture, part, tint(rng, colour))
            if painted is not None:
                others = [f"{part} {c}" for c in COLOURS]
                known = {fact: true for fact, true in known.items() if fact not in others}
                picture, known, done = painted, known | facts.coloured(part, colour), True
        if done:
            return picture, facts.row(known), -1
    return _picked(rng, kinds)


def _scenes(plan: Plan) -> list[list[tuple[Picture, dict[str, bool], int]]]:
    """Give whole pictures: rendered ones, frames of training clips, stills that people captioned."""
    whole = np.array([0.0, 0.0, 1.0, 1.0])
    frames = rendered.frames(plan.cache, plan.rendered_frames, 0)
    drawn = []
    for picture, labels in zip(frames.pictures, frames.labels, strict=True):
        classes = labels[labels[:, 5] > 0.3, 0]
        # Rendered places are no shops, and which of them are streets is not known.
        known = facts.scene(int((classes == 0).sum()), int((classes >= 2).sum()), {"shop": False})
        drawn.append((real_crops.cut(picture, whole), known, -1))
    real = [
        (seen.picture, facts.scene(*seen.counts, CLIP_PLACES[seen.clip]), -1)
        for seen in real_crops.scenes(plan.shared, footage.TRAINING_CLIPS, max(plan.sample_every, 0.4))
    ]
    photographs = [
        (real_crops.cut(still.picture, whole), {"scene": True}, number)
        for number, still in enumerate(footage.stills(plan.shared / "stills"))
        if still.captions
    ]
    return [group for group in (drawn, real, photographs) if group]


def _darkened(rng: np.random.Generator, picture: Picture) -> Picture:
    """Turn day into a badly lit night: little light, a tint, noise."""
    light = picture.astype(np.float32) / 255
    dim = light ** rng.uniform(1.4, 2.2) * rng.uniform(0.12, 0.4)
    tinted = dim * rng.uniform((0.85, 0.8, 0.6), (1.1, 1.0, 1.15)) + rng.normal(0, 0.015, light.shape)
    return np.asarray((tinted * 255).clip(0, 255), np.uint8)


def parts(plan: Plan, stages: stage_maps.FrozenStages, group: Group) -> list[stage_maps.Seen]:
    """Give a group's views, in parts that a longer run adds to."""
    size = max(64, round(plan.image_views * group.share))
    return [
        stage_maps.seen(plan.cache, group, stage_maps.Part(size, number, plan.seed), stages)
        for number in range(plan.image_parts)
    ]


def calibration(plan: Plan) -> npt.NDArray[np.uint8]:
    """Give some training pictures UINT8 [M,192,128,3] of every kind, to take the network down to 8 bits with."""
    whole = np.array([0.0, 0.0, 1.0, 1.0])
    every = max(plan.sample_every, CALIBRATION_EVERY)
    real = real_crops.from_clips(plan.shared, footage.TRAINING_CLIPS, every, min_track=1)
    frames = footage.all_frames(plan.shared / "footage", footage.TRAINING_CLIPS, 2 * every)
    pictures = [
        *rendered.crops(plan.cache, CALIBRATION_CROPS, 0).pictures,
        *(crop.picture for crop in [*real, *real_crops.from_stills(plan.shared)][: 2 * CALIBRATION_CROPS]),
        *(real_crops.cut(frame.picture, whole) for frame in frames),
    ]
    return np.stack(pictures)
