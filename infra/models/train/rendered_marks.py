"""Rendered views with heads, faces and number plates, for `faces` and `plates`: made once by seed, kept in a cache."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from infra.models.train.footage import Picture
from infra.rendered_site import Frame, sample_frame
from infra.rendered_site.model import Patch

FRAME_WIDTH, FRAME_HEIGHT = 1024, 576
VIEW_WIDTH, VIEW_HEIGHT = 448, 320
CHUNK = 100
"""Views in one file of the cache."""
CALIBRATION_SEED = 900_000
"""Seeds from here on are for choosing thresholds."""


@dataclass(frozen=True)
class View:
    """A part of a rendered picture, UINT8 [320,448,3] RGB, and what redaction looks for in it, in its pixels."""

    picture: Picture
    patches: tuple[Patch, ...]


def views(cache: Path, count: int, seed: int) -> list[View]:
    """Render views, about as many of plates as of heads, or read them back."""
    found: list[View] = []
    for part in range(-(-count // CHUNK)):
        found.extend(_cached(cache / f"marks-{seed + part}.npz", seed + part))
    return found[:count]


def _cached(path: Path, seed: int) -> list[View]:
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        pictures, facts = _render(seed)
        unfinished = path.with_suffix(".unfinished.npz")
        np.savez(unfinished, pictures=pictures, facts=np.array(json.dumps(facts)))
        unfinished.replace(path)
    with np.load(path) as stored:
        facts = json.loads(str(stored["facts"]))
        return [
            View(picture, tuple(_patch(fact) for fact in told))
            for picture, told in zip(stored["pictures"], facts, strict=True)
        ]


def _render(seed: int) -> tuple[npt.NDArray[np.uint8], list[list[dict[str, Any]]]]:
    rng = np.random.default_rng(seed)
    pictures: list[Picture] = []
    facts: list[list[dict[str, Any]]] = []
    while len(pictures) < CHUNK:
        frame = sample_frame(rng, (FRAME_WIDTH, FRAME_HEIGHT))
        patches = [patch for box in frame.boxes for patch in box.patches]
        plates = [patch for patch in patches if patch.name == "plate" and clear(patch) and patch.x2 - patch.x1 >= 8]
        faces = [
            patch
            for patch in patches
            if patch.name == "face" and clear(patch) and patch.facing > 0.1 and patch.y2 - patch.y1 >= 7
        ]
        for seen in (plates, faces):
            if not seen or (seen is faces and plates):
                continue
            around = seen[int(rng.integers(len(seen)))]
            x = int(np.clip(around.x1 - rng.uniform(0.1, 0.9) * VIEW_WIDTH, 0, FRAME_WIDTH - VIEW_WIDTH))
            y = int(np.clip(around.y1 - rng.uniform(0.1, 0.9) * VIEW_HEIGHT, 0, FRAME_HEIGHT - VIEW_HEIGHT))
            pictures.append(frame.rgb[y : y + VIEW_HEIGHT, x : x + VIEW_WIDTH])
            facts.append(_told(frame, x, y))
    return np.stack(pictures[:CHUNK]), facts[:CHUNK]


def clear(patch: Patch) -> bool:
    """Whether little hides it and, if it is a plate, it looks this way. A head is to be covered from behind too."""
    return patch.visible > 0.6 and (patch.name != "plate" or patch.facing > 0.2)


def _told(frame: Frame, x: int, y: int) -> list[dict[str, Any]]:
    told = []
    for patch in (patch for box in frame.boxes for patch in box.patches):
        x1, y1 = max(patch.x1 - x, 0.0), max(patch.y1 - y, 0.0)
        x2, y2 = min(patch.x2 - x, float(VIEW_WIDTH)), min(patch.y2 - y, float(VIEW_HEIGHT))
        if x2 - x1 < 1 or y2 - y1 < 1:
            continue
        whole = max((patch.x2 - patch.x1) * (patch.y2 - patch.y1), 1e-6)
        told.append(
            {
                "name": patch.name,
                "box": [round(v, 2) for v in (x1, y1, x2, y2)],
                "facing": round(patch.facing, 3),
                "visible": round(patch.visible * (x2 - x1) * (y2 - y1) / whole, 3),
                "corners": [[round(u - x, 2), round(v - y, 2)] for u, v in patch.corners],
            }
        )
    return told


def _patch(fact: dict[str, Any]) -> Patch:
    corners = tuple((float(x), float(y)) for x, y in fact["corners"])
    x1, y1, x2, y2 = fact["box"]
    return Patch(fact["name"], x1, y1, x2, y2, fact["facing"], fact["visible"], corners)
