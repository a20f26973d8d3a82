"""The rendered site as a collection of clips with truth: fixed seeds that nothing is trained on, exact in every box.

Kept in the state folder under the hash of the renderer's own code: another renderer is another site.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import infra.rendered_site
from bench.quality.truth import Clip, Collection, Edges, Kind, Labelled, Placed, Places
from infra.rendered_site.film import render_site
from infra.rendered_site.plan import plan_site
from infra.rendered_site.truth import ActorTruth, CameraTruth, PatchTruth, SiteTruth, read_truth

SEEDS = (90_001, 90_002)
"""Far above those that training draws from."""
CAMERAS, SECONDS, FPS, ACTORS = 4, 40.0, 5, 20

PATCH_EVERY = 3
"""Every so many frames are looked through for faces and plates."""
LEAST_FACING, LEAST_SEEN = 0.2, 0.5
LEAST_SIDES = {"face": (5, 5), "head": (5, 5), "plate": (9, 3)}
"""Width and height in pixels of what must be made unrecognisable: of less nothing can be known."""

_SHORT_SLEEVES, _LONG_SLEEVES = ("t-shirt",), ("jacket", "hoodie", "shirt", "coat", "jumper")
_SHORT_LEGS, _LONG_LEGS = ("shorts", "skirt", "dress"), ("trousers", "jeans")
_TYPES = {
    "saloon": "car", "hatchback": "car", "estate": "car", "SUV": "car", "taxi": "car", "van": "van",
    "pickup": "truck", "lorry": "truck", "bus": "bus", "bicycle": "bicycle", "motorcycle": "motorcycle",
}  # fmt: skip


def rendered_collection(state: Path, tell: Callable[[str], None], seeds: Sequence[int] = SEEDS) -> Collection:
    """Render the sites where that was not done before, and read their truth."""
    source = Path(infra.rendered_site.__file__).parent
    code = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(source.glob("*.py")))).hexdigest()[:12]
    clips: list[Clip] = []
    for seed in seeds:
        folder = state / "quality" / "rendered" / f"{code}-{seed}"
        if not (folder / "truth.json").is_file():
            tell(f"rendering {CAMERAS} cameras of {SECONDS:.0f} s (seed {seed}), once …")
            unfinished = folder.with_name(f"{folder.name}-{os.getpid()}")
            site = plan_site(seed, cameras=CAMERAS, seconds=SECONDS, fps=FPS, actors=ACTORS)
            render_site(site, unfinished, processes=min(os.cpu_count() or 1, 2))
            shutil.rmtree(folder, ignore_errors=True)
            unfinished.replace(folder)
        clips += _clips(read_truth(folder / "truth.json"), folder)
    return Collection("rendered", tuple(clips))


def labels_of(attributes: dict[str, str], klass: str) -> dict[str, str]:
    """An actor's attributes in the words of the truth file: of a rider the person's, or those of the two-wheeler."""
    labels = {"action": attributes["action"]}
    if klass == "person":
        labels |= {
            "upper": attributes["upper"],
            "lower": attributes["lower"],
            "upper_colour": attributes["upper_colour"],
            "lower_colour": attributes["lower_colour"],
            "hat": "yes" if "headwear" in attributes else "no",
            "hi_vis": "yes" if "vest" in attributes else "no",
            "backpack": "yes" if attributes.get("bag") == "backpack" else "no",
            "bag": "yes" if attributes.get("bag") in ("handbag", "shoulder bag", "suitcase") else "no",
        }
        labels |= _short_or_long("sleeves", attributes["upper"], _SHORT_SLEEVES, _LONG_SLEEVES)
        labels |= _short_or_long("legs", attributes["lower"], _SHORT_LEGS, _LONG_LEGS)
    else:
        labels |= {"type": _TYPES[attributes["vehicle"]], "colour": attributes["vehicle_colour"]}
    return labels


def _short_or_long(name: str, garment: str, short: Iterable[str], long: Iterable[str]) -> dict[str, str]:
    if garment in short:
        return {name: "short"}
    return {name: "long"} if garment in long else {}


def _clips(truth: SiteTruth, folder: Path) -> list[Clip]:
    site = f"rendered-{truth.seed}"
    actors = {actor.id: actor for actor in truth.actors}
    return [_clip(camera, truth, actors, folder, site) for camera in truth.cameras]


def _clip(camera: CameraTruth, truth: SiteTruth, actors: dict[str, ActorTruth], folder: Path, site: str) -> Clip:
    # A rider and the two-wheeler are two objects with a box each.
    boxes: dict[tuple[str, str], list[Placed]] = {}
    for number, frame in enumerate(truth.boxes[camera.name]):
        for box in frame:
            left, top, right, bottom = box.box
            if right > left and bottom > top:
                boxes.setdefault((box.actor, box.klass), []).append(
                    Placed(number, _shares(box.box, camera), box.visible)
                )
    objects = tuple(
        Labelled(
            id=f"{site}/{ident}" if klass == actors[ident].klass else f"{site}/{ident}'s {klass}",
            kind=_kind(klass),
            first=placed[0].frame,
            last=placed[-1].frame,
            text=actors[ident].caption if klass == actors[ident].klass else "",
            labels=labels_of(actors[ident].attributes, klass),
            boxes=tuple(placed),
        )
        for (ident, klass), placed in boxes.items()
    )
    return Clip(
        name=f"{site}/{camera.file}",
        path=folder / camera.file,
        fps=float(camera.fps),
        site=site,
        objects=objects,
        complete=tuple(range(camera.frames)),
        faces=_places("face", camera, truth),
        heads=_places("head", camera, truth),
        plates=_places("plate", camera, truth),
    )


def _places(name: str, camera: CameraTruth, truth: SiteTruth) -> Places:
    frames = tuple(range(0, camera.frames, PATCH_EVERY))
    found = [
        Placed(number, _shares(patch.box, camera), patch.visible)
        for number in frames
        for box in truth.boxes[camera.name][number]
        for patch in box.patches
        if patch.name == name and _to_hide(patch)
    ]
    return Places(frames, tuple(found))


def _to_hide(patch: PatchTruth) -> bool:
    left, top, right, bottom = patch.box
    width, height = LEAST_SIDES[patch.name]
    large = right - left >= width and bottom - top >= height
    turned = patch.name != "head" and patch.facing < LEAST_FACING
    return large and not turned and patch.visible >= LEAST_SEEN


def _shares(box: tuple[float, float, float, float], camera: CameraTruth) -> Edges:
    left, top, right, bottom = box
    return left / camera.width, top / camera.height, right / camera.width, bottom / camera.height


def _kind(klass: str) -> Kind:
    if klass in ("person", "bicycle"):
        return Kind(klass)
    return Kind.VEHICLE
