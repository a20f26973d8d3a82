"""Rendered pictures for training: made once by seed, kept in a cache folder, read back as plain arrays."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from infra.rendered_site import Frame, sample_actor, sample_crop, sample_frame
from infra.rendered_site.captions import attributes

FRAME_WIDTH, FRAME_HEIGHT = 512, 288
CROP_HEIGHT, CROP_WIDTH = 192, 128
SIGHTS_EACH = 4
CHUNK = 250
HELD_OUT_SEED = 1_000_000
"""Seeds from here on are for measuring only."""

Batch = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class RenderedFrames:
    """Whole pictures with labels.

    Attributes:
        pictures: UINT8 [N, 288, 512, 3], RGB.
        labels: for each picture a FP32 [M, 6]: class, x1, y1, x2, y2 (0-1), visible share.
        captions: for each picture some sentences that are true of it.
    """

    pictures: Batch
    labels: list[npt.NDArray[np.float32]]
    captions: list[list[str]]


@dataclass(frozen=True)
class RenderedCrops:
    """Crops of rendered people and vehicles, several sights of each.

    Attributes:
        pictures: UINT8 [N, 192, 128, 3], RGB, stretched.
        actors: INT64 [N], who is in it.
        attributes: for each crop what can be seen, in words of a small vocabulary.
        captions: for each crop some sentences that are true of it.
    """

    pictures: Batch
    actors: npt.NDArray[np.int64]
    attributes: list[dict[str, str]]
    captions: list[list[str]]


def frames(cache: Path, count: int, seed: int) -> RenderedFrames:
    """Render whole pictures, or read them back."""
    parts = [_cached(cache / f"frames-{seed + k}.npz", _render_frames, seed + k) for k in range(_chunks(count))]
    facts = [fact for _, told in parts for fact in told][:count]
    return RenderedFrames(
        np.concatenate([pictures for pictures, _ in parts])[:count],
        [np.array(fact["labels"], np.float32).reshape(-1, 6) for fact in facts],
        [fact["captions"] for fact in facts],
    )


def crops(cache: Path, count: int, seed: int) -> RenderedCrops:
    """Render crops, or read them back."""
    parts = [_cached(cache / f"crops-{seed + k}.npz", _render_crops, seed + k) for k in range(_chunks(count))]
    facts = [fact for _, told in parts for fact in told][:count]
    return RenderedCrops(
        np.concatenate([pictures for pictures, _ in parts])[:count],
        np.array([fact["actor"] for fact in facts], np.int64),
        [fact["attributes"] for fact in facts],
        [fact["captions"] for fact in facts],
    )


def _chunks(count: int) -> int:
    return -(-count // CHUNK)


def _cached(
    path: Path, render: Callable[[int], tuple[Batch, list[dict[str, Any]]]], seed: int
) -> tuple[Batch, list[dict[str, Any]]]:
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        pictures, facts = render(seed)
        unfinished = path.with_suffix(".unfinished.npz")
        np.savez(unfinished, pictures=pictures, facts=np.array(json.dumps(facts)))
        unfinished.replace(path)
    with np.load(path) as stored:
        return stored["pictures"], json.loads(str(stored["facts"]))


def _render_frames(seed: int) -> tuple[Batch, list[dict[str, Any]]]:
    rng = np.random.default_rng(seed)
    pictures, facts = [], []
    for _ in range(CHUNK):
        frame = sample_frame(rng, (FRAME_WIDTH, FRAME_HEIGHT))
        pictures.append(frame.rgb)
        facts.append({"labels": _labels(frame), "captions": _frame_captions(rng, frame)})
    return np.stack(pictures), facts


def _labels(frame: Frame) -> list[list[float]]:
    width, height = FRAME_WIDTH, FRAME_HEIGHT
    return [
        [float(box.klass), box.x1 / width, box.y1 / height, box.x2 / width, box.y2 / height, box.visible]
        for box in frame.boxes
    ]


def _frame_captions(rng: np.random.Generator, frame: Frame) -> list[str]:
    """Say what a whole picture shows: how many of what, and some of them closer."""
    seen = {box.actor for box in frame.boxes if box.visible > 0.3}
    actors = [actor for actor in frame.actors if actor.id in seen]
    if not actors:
        return ["an empty place", "nobody is here", "an empty street or room", "no people and no vehicles"]
    counts: dict[str, int] = {}
    for actor in actors:
        noun = actor.klass.name.lower()
        counts[noun] = counts.get(noun, 0) + 1
    listed = " and ".join(_counted(noun, number) for noun, number in counts.items())
    chosen = rng.permutation(len(actors))[:2]
    told = " and ".join(_told(attributes(actors[k], "")) for k in chosen)
    people = counts.get("person", 0)
    crowd = ["a crowd of people", "a group of people"] if people >= 4 else []
    return [listed, f"a camera view of {listed}", f"a place with {listed}", told, *crowd]


def _told(seen: dict[str, str]) -> str:
    vehicle = f"a {seen['vehicle_colour']} {seen['vehicle']}" if "vehicle" in seen else ""
    if "upper" not in seen:
        return vehicle
    person = f"a person in a {seen['upper_colour']} {seen['upper']}"
    return f"{person} on {vehicle}" if vehicle else person


def _counted(noun: str, number: int) -> str:
    several = {"person": "people", "bus": "buses"}.get(noun, f"{noun}s")
    words = ("no", "a", "two", "three", "four", "five", "six", "seven", "eight")
    return f"{words[min(number, 8)]} {noun if number == 1 else several}"


def _render_crops(seed: int) -> tuple[Batch, list[dict[str, Any]]]:
    rng = np.random.default_rng(seed)
    pictures, facts = [], []
    for number in range(CHUNK):
        if number % SIGHTS_EACH == 0:
            actor = sample_actor(rng)
        crop = sample_crop(rng, actor)
        resized = Image.fromarray(crop.rgb).resize((CROP_WIDTH, CROP_HEIGHT), Image.Resampling.BILINEAR)
        pictures.append(np.asarray(resized))
        who = seed * CHUNK + number // SIGHTS_EACH
        facts.append({"actor": who, "attributes": crop.attributes, "captions": crop.captions})
    return np.stack(pictures), facts
