"""Faces and plates: is everything found that must be made unrecognisable? Every miss is named.

Found is what is covered: half of a face or plate under one box that is not more than eight times as large.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.quality.detection import Boxes, shared
from bench.quality.estimate import mean_over
from bench.quality.looking import Finder, Finders, Watched
from bench.quality.peers import hyperlpr, yunet
from bench.quality.table import Note, Row
from bench.quality.truth import Places
from bench.quality.weights import Found, Weights
from kit.pixels import Pixels

COVERED = 0.5
LARGEST = 8.0
SCORE = 0.3
"""From which score on boxes are believed where the weights do not say it (`recall_threshold`)."""
SLOTS = ("faces", "plates")
SOUGHT = {"faces": "faces", "heads": "faces", "plates": "plates"}
"""What is looked for, and the model that finds it: whoever has their head covered has their face covered."""
LISTED = 60
"""Misses that are printed; the JSON file has all."""


def finders_of(weights: Weights, models: Path | None) -> Finders:
    """Who looks for faces and plates: the profile's own networks, and bigger ones where they are at hand."""
    found: dict[str, dict[str, Finder]] = {slot: {} for slot in SLOTS}
    for slot in SLOTS:
        network = weights.network(slot)
        if network is not None:
            found[slot][network.weights] = _by(weights, slot)
    if models is not None:
        for slot, peer in (("faces", yunet(models)), ("plates", hyperlpr(models))):
            if peer is not None:
                found[slot][peer[0]] = Finder(peer[1], peer[0])
    return found


def measure(footage: str, watched: Sequence[Watched], weights: Weights) -> tuple[list[Row], list[Note]]:
    """Rows by finder, per clip and overall, and a note for every face or plate that the profile missed."""
    rows: list[Row] = []
    notes: list[Note] = []
    for sought, slot in SOUGHT.items():
        network = weights.network(slot)
        truths = {one.clip.name: (one, getattr(one.clip, sought)) for one in watched if getattr(one.clip, sought)}
        if network is None:
            notes.append(Note(sought, f"{footage}: no profile serves `{slot}`"))
        if not truths:
            notes.append(Note(sought, f"{footage}: not measurable, nobody has labelled {sought} here"))
            continue
        for name in next(iter(truths.values()))[0].places[slot]:
            said = {clip: (truth, one.places[slot][name]) for clip, (one, truth) in truths.items()}
            beside = {clip: one.clip.heads for clip, (one, _) in truths.items() if one.clip.heads is not None}
            if len(said) > 1:
                rows.append(_row(sought, footage, ("overall", name), said, beside))
            rows += [_row(sought, footage, (clip, name), {clip: some}, beside) for clip, some in said.items()]
            if network is not None and name == network.weights:
                notes += _missed_notes(sought, footage, name, said)
    return rows, notes


def covers(found: Found, truth: Sequence[tuple[float, ...]]) -> list[bool]:
    """For every true box (xyxy) whether one find covers it."""
    real = np.array(truth, np.float32).reshape(-1, 4)
    own, theirs = _areas(real), _areas(found.boxes)
    common = shared(real, found.boxes)
    good = (common >= COVERED * own[:, None]) & (theirs[None] <= LARGEST * own[:, None])
    return [bool(some.any()) for some in good]


def _areas(boxes: Boxes) -> Boxes:
    return np.asarray(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))


def _row(
    sought: str,
    footage: str,
    subject: tuple[str, ...],
    said: Mapping[str, tuple[Places, Mapping[int, Found]]],
    beside: Mapping[str, Places],
) -> Row:
    units, hits = [], []
    false, painted, frames = 0, 0.0, 0
    for clip, (truth, found) in said.items():
        for number in truth.frames:
            if number not in found:
                continue
            boxes = [placed.edges for placed in truth.boxes if placed.frame == number]
            frames += 1
            units += [f"{clip}|{number}"] * len(boxes)
            hits += covers(found[number], boxes)
            # A head that looks away is no face, but no mistake either.
            if sought == "faces" and clip in beside:
                boxes += [placed.edges for placed in beside[clip].boxes if placed.frame == number]
            common = shared(found[number].boxes, np.array(boxes, np.float32).reshape(-1, 4))
            false += int((common.max(1, initial=0) <= 0).sum())
            painted += float(_areas(found[number].boxes).sum())
    return Row(
        sought,
        footage,
        subject,
        {
            "recall": mean_over(units, [float(hit) for hit in hits]),
            "missed": float(len(hits) - sum(hits)),
            sought: float(len(hits)),
            "false/frame": false / max(1, frames),
            "painted share": painted / max(1, frames),
            "frames": float(frames),
        },
    )


def _missed_notes(
    slot: str, footage: str, name: str, said: Mapping[str, tuple[Places, Mapping[int, Found]]]
) -> list[Note]:
    notes = []
    for clip, (truth, found) in said.items():
        for number in truth.frames:
            boxes = [placed.edges for placed in truth.boxes if placed.frame == number]
            for edges, hit in zip(boxes, covers(found[number], boxes) if number in found else [], strict=False):
                if not hit:
                    box = ", ".join(f"{edge:.3f}" for edge in edges)
                    notes.append(Note(slot, f"{footage}: {name} missed {clip}, frame {number}, ({box})"))
    return notes


def _by(weights: Weights, slot: str) -> Finder:
    least = float(weights.served(slot).parameter("recall_threshold") or SCORE)

    def find(picture: Pixels) -> Found:
        found = weights.places(slot, picture)
        return found.where(found.scores >= least)

    return Finder(find, f"{weights.served(slot).sha256[:16]}-{slot}-{least}")
