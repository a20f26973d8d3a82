"""What can be told of real crops without asking anybody: colours from pixels, clothing and vehicles from teachers.

Teachers: person-attributes-recognition-crossroad-0230 and vehicle-attributes-recognition-barrier-0039 (Intel Open Model
Zoo, Apache-2.0). The first of the two has an output about gender: it is never read.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from infra.models.train import facts
from infra.models.train.footage import Picture

TORSO, LEGS, BODYWORK = (0.2, 0.44, 0.34, 0.66), (0.58, 0.84, 0.34, 0.66), (0.4, 0.72, 0.2, 0.8)
"""Where a crop shows what is worn above, below, and a vehicle's paint: top, bottom, left, right."""
MAIN_SHARE = 0.55
"""A colour is believed where it has this share of such a region."""
SURE, UNSURE = 0.9, 0.05
PERSON_OUTPUTS = {1: "bag", 2: "backpack", 3: "hat", 4: "long sleeves", 5: "long legs"}
"""Places in the teacher's output that are read. Place 0 (gender) and 6 (long hair) are not."""
VEHICLE_TYPES = ("car", "van", "truck", "bus")
VEHICLE_COLOURS = ("white", "grey", "yellow", "red", "green", "blue", "black")

Lab = npt.NDArray[np.float32]


def lab(picture: Picture) -> Lab:
    """Give CIELAB FP32 [H,W,3]: lightness 0-100, then green to red and blue to yellow."""
    return np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def named(colours: Lab) -> npt.NDArray[np.str_]:
    """Name colours [N,3] in CIELAB. What lies between two names gets both, as in `blue/black`."""
    light, chroma = colours[:, 0], np.hypot(colours[:, 1], colours[:, 2])
    hue = np.degrees(np.arctan2(colours[:, 2], colours[:, 1])) % 360
    plain = [light < 20, light < 34, light < 64, light < 80, light >= 80]
    names = np.select(plain, ["black", "black/grey", "grey", "grey/white", "white"], "grey")
    bands = [hue < 18, hue < 38, hue < 52, hue < 76, hue < 112, hue < 195, hue < 300, hue < 314, hue < 332, hue >= 332]
    vivid = np.select(
        bands,
        ["pink/red", "red", "red/orange", "orange", "yellow", "green", "blue", "blue/purple", "purple", "pink/purple"],
        "grey",
    )
    warm = (hue >= 18) & (hue < 100)
    vivid = np.where(warm & (light < 50) & (chroma < 45), np.where(hue < 40, "red/brown", "brown"), vivid)
    # Skin, sand, cream: no basic name is sure.
    vivid = np.where(warm & (light >= 50) & (chroma < 38), "brown/white/yellow/pink/orange/grey", vivid)
    vivid = np.where((vivid == "red") & (light > 60), "pink/red/orange", vivid)
    strong = chroma > np.where(light < 25, 16, 14)
    weak = chroma > np.where(light < 25, 9, 8)
    between = np.char.add(np.char.add(names.astype(str), "/"), vivid.astype(str))
    return np.where(strong, vivid, np.where(weak, between, names))


def main_colour(picture: Picture, region: tuple[float, float, float, float]) -> tuple[str, set[str]] | None:
    """Name the main colour of a region of a crop.

    Returns:
        The colour and what else it might be called (then the first is empty), or None where there is no main colour.
    """
    height, width = picture.shape[:2]
    top, bottom, left, right = region
    part = lab(picture)[int(top * height) : int(bottom * height), int(left * width) : int(right * width)]
    found, counts = np.unique(named(part.reshape(-1, 3)), return_counts=True)
    shares: dict[str, float] = {}
    for names, count in zip(found, counts, strict=True):
        several = str(names).split("/")
        for name in several:
            shares[name] = shares.get(name, 0.0) + count / counts.sum() / len(several)
    ordered = sorted(shares, key=lambda name: -shares[name])
    best = ordered[0]
    others = {name for name in ordered[1:] if shares[name] > 0.1}
    if shares[best] >= MAIN_SHARE:
        return best, others
    if shares[best] + max((shares[name] for name in others), default=0.0) >= 0.75:
        return "", {best, *others}
    return None


def colours_of(picture: Picture, part: str, region: tuple[float, float, float, float]) -> dict[str, bool]:
    """Say what is known of the colour of `upper`, `lower` or `vehicle`."""
    found = main_colour(picture, region)
    if found is None:
        return {}
    best, others = found
    return facts.coloured(part, best, others)


class Teachers:
    """The two networks that know clothing and vehicles. Needs OpenVINO."""

    def __init__(self, models: Path) -> None:
        import openvino

        core = openvino.Core()
        core.set_property("CPU", {"INFERENCE_NUM_THREADS": 1})
        self._person = core.compile_model(models / "person-attributes-recognition-crossroad-0230.xml", "CPU")
        self._vehicle = core.compile_model(models / "vehicle-attributes-recognition-barrier-0039.xml", "CPU")

    def person(self, picture: Picture) -> dict[str, bool]:
        """Say what is sure of a person's clothes and bags, from a crop UINT8 [H,W,3] RGB."""
        scores = self._person(_fed(picture, 160, 80))[self._person.output("453")].ravel()
        known: dict[str, bool] = {}
        for place, fact in PERSON_OUTPUTS.items():
            if scores[place] > SURE or scores[place] < UNSURE:
                known[fact] = bool(scores[place] > SURE)
        for fact, other in (("long sleeves", "short sleeves"), ("long legs", "short legs"), ("hat", "no hat")):
            if fact in known:
                known[other] = not known[fact]
        if known.get("backpack"):
            known |= {"bag": True, "no bag": False}
        elif "bag" in known and "backpack" in known:
            known["no bag"] = not known["bag"]
        else:
            known.pop("bag", None)
        return known

    def vehicle(self, picture: Picture) -> dict[str, bool]:
        """Say what is sure of a vehicle's type and colour, from a crop UINT8 [H,W,3] RGB."""
        result = self._vehicle(_fed(picture, 72, 72))
        kinds, paint = (result[self._vehicle.output(name)].ravel() for name in ("type", "color"))
        known: dict[str, bool] = {}
        if kinds.max() > SURE:
            kind = VEHICLE_TYPES[int(kinds.argmax())]
            known |= {"truck": True, "car": False, "bus": False} if kind == "truck" else facts.vehicle_kind(kind)
        if paint.max() > SURE:
            colour = VEHICLE_COLOURS[int(paint.argmax())]
            near = {"white": {"grey"}, "grey": {"white", "black"}, "black": {"grey"}}.get(colour, set())
            known |= facts.coloured("vehicle", colour, near)
        return known


def teachers(models: Path) -> Teachers | None:
    """Load the teachers; None where their files are not there."""
    return Teachers(models) if (models / "person-attributes-recognition-crossroad-0230.xml").is_file() else None


def repainted(picture: Picture, part: str, rgb: tuple[int, int, int]) -> Picture | None:
    """Give a crop whose clothing or paint has another colour, its folds and light kept.

    What looks like the region's middle colour is moved in CIELAB as far as that middle moves.

    Returns:
        The picture, or None where the region is too mixed for that.
    """
    region = {"upper": TORSO, "lower": LEGS, "vehicle": BODYWORK}[part]
    height, width = picture.shape[:2]
    top, bottom, left, right = (int(v * side) for v, side in zip(region, (height, height, width, width), strict=True))
    pixels = lab(picture)
    inside = pixels[top:bottom, left:right].reshape(-1, 3)
    middle = np.median(inside, axis=0)
    if part == "vehicle":
        # Windows and tyres are dark: the paint is the brighter half.
        middle = np.median(inside[inside[:, 0] >= np.median(inside[:, 0])], axis=0)
    unlike = np.linalg.norm((pixels - middle) * np.array([0.55, 1.0, 1.0], np.float32), axis=2)
    alike = np.clip(2.0 - unlike / 9.0, 0, 1)
    rows, columns = np.arange(height)[:, None] / height, np.arange(width)[None] / width
    reach = 0.12 if part != "vehicle" else 0.45
    near = np.clip(1 - (np.maximum(region[0] - rows, rows - region[1]) - reach * 0.5) / (reach * 0.5), 0, 1)
    near = near * np.clip(1 - (np.abs(columns - 0.5) - 0.4) / 0.1, 0, 1)
    share = (alike * near).astype(np.float32)
    if share[top:bottom, left:right].mean() < (0.35 if part == "vehicle" else 0.6):
        return None
    share = cv2.GaussianBlur(share, (0, 0), 1.2)[..., None]
    goal = lab(np.array([[rgb]], np.uint8))[0, 0]
    moved = pixels - middle
    # A dark cloth has weak folds; a bright one shows them.
    moved[..., 0] *= np.clip((goal[0] + 15) / (middle[0] + 15), 0.5, 1.8)
    shifted = pixels * (1 - share) + (moved + goal) * share
    shifted[..., 0] = shifted[..., 0].clip(0, 100)
    return np.asarray(cv2.cvtColor(shifted, cv2.COLOR_LAB2RGB).clip(0, 1) * 255, np.uint8)


def _fed(picture: Picture, height: int, width: int) -> npt.NDArray[np.float32]:
    bgr = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)[..., ::-1]
    return np.ascontiguousarray(bgr.transpose(2, 0, 1)[None], np.float32)


def merged(*several: Mapping[str, Any]) -> dict[str, bool]:
    """Put together what is known; where two disagree, nothing is."""
    known: dict[str, bool] = {}
    doubted = set()
    for one in several:
        for fact, true in one.items():
            if known.setdefault(fact, bool(true)) != bool(true):
                doubted.add(fact)
    return {fact: true for fact, true in known.items() if fact not in doubted}
