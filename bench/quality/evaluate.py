"""Measuring one profile: which footage, in which order, and what is told on the way."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.quality import attributes, detection, redaction, reidentification, retrieval, tracking, whole_path
from bench.quality.estimate import RESAMPLES, SEED
from bench.quality.looking import Watched, watch
from bench.quality.reference import FILE, Reference
from bench.quality.rendered import SEEDS, rendered_collection
from bench.quality.table import Note, Row, flat
from bench.quality.truth import TRUTH_FOLDER, Collection, read_collection
from bench.quality.weights import SLOTS, Weights
from bench.report import CHECKOUT, Measurement, measured

SHARED = Path(os.environ.get("SIGHTLINE_SHARED") or CHECKOUT.parent / "shared")
"""Footage and bigger networks that a checkout may have beside it; see CONTRIBUTING.md."""
REAL_TRUTH = TRUTH_FOLDER / "real.json"
FOOTAGE = "footage"
OURS = ("real", "rendered")
"""What our own collections are called."""

Tell = Callable[[str], None]


@dataclass
class Evaluation:
    """What was measured of one profile."""

    profile: str
    rows: list[Row] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    seconds: float = 0.0

    def measurement(self, settings: dict[str, Any]) -> Measurement:
        """As benches are stored."""
        notes: dict[str, list[str]] = {}
        for note in self.notes:
            notes.setdefault(note.section, []).append(note.text)
        about = {"profile": self.profile, "seed": SEED, "resamples": RESAMPLES, "rendered_seeds": list(SEEDS)}
        return measured("quality", {**about, **settings, "notes": notes}, flat(self.rows))


def evaluate(
    profile: str, state: Path, *, folder: Path | None = None, truth: Path | None = None, tell: Tell = lambda _: None
) -> Evaluation:
    """Measure a profile.

    Args:
        profile: e.g. `tiny`.
        state: the state folder, with the profiles that were pulled and what is kept between runs.
        folder: clips to measure on; None: the held-out clips of the shared folder, and the rendered site.
        truth: its truth file; None: `truth.json` in the folder.
        tell: hears what is being done.

    Raises:
        NoSuchProfileError: the profile has no weights.
        TruthError: the truth file is not of the form.
        OSError: footage cannot be read.
    """
    began = time.monotonic()
    weights = Weights(profile, state)
    evaluation = Evaluation(profile)
    for slot in SLOTS:
        network = weights.network(slot)
        evaluation.notes.append(
            Note("weights", f"{slot}: " + ("nobody serves it" if network is None else _who(network)))
        )
    models = SHARED / "models"
    reference = None
    if (models / FILE).is_file():
        reference = Reference(models / FILE)
    else:
        evaluation.notes.append(
            Note("detection", f"{models / FILE} is not there: only boxes drawn by hand are measured")
        )
    for collection in _collections(state, folder, truth, evaluation, tell):
        for clip in collection.absent:
            evaluation.notes.append(
                Note("footage", f"{collection.name}: {clip} is in the truth file but not in the folder")
            )
        if collection.clips:
            wanted = reference if collection.name != "rendered" else None
            _measure(collection, weights, wanted, evaluation, tell=tell, cache=state / "quality" / "found")
    evaluation.seconds = time.monotonic() - began
    return evaluation


def _collections(
    state: Path, folder: Path | None, truth: Path | None, evaluation: Evaluation, tell: Tell
) -> list[Collection]:
    if folder is not None:
        name = folder.resolve().name
        return [read_collection(f"{name} (own)" if name in OURS else name, folder, truth or folder / "truth.json")]
    found = []
    if (SHARED / FOOTAGE).is_dir():
        found.append(read_collection("real", SHARED / FOOTAGE, REAL_TRUTH))
    else:
        text = f"real: no footage at {SHARED / FOOTAGE} (set SIGHTLINE_SHARED); only the rendered site is measured"
        evaluation.notes.append(Note("footage", text))
    return [*found, rendered_collection(state, tell)]


def _measure(
    collection: Collection,
    weights: Weights,
    reference: Reference | None,
    evaluation: Evaluation,
    *,
    tell: Tell,
    cache: Path,
) -> None:
    models = SHARED / "models" if (SHARED / "models").is_dir() else None
    finders = redaction.finders_of(weights, models)
    watched: list[Watched] = []
    for clip in collection.clips:
        tell(f"{weights.profile}: {collection.name}, {clip.name} …")
        watched.append(watch(clip, weights, reference, finders, cache))
    name = collection.name
    sights = [sight for one in watched for sight in one.sights]
    tell(f"{weights.profile}: {name}, measuring …")
    evaluation.rows += detection.measure(name, watched)
    evaluation.rows += tracking.measure(name, watched)
    labelled = [sight for sight in sights if sight.thing.labels or sight.thing.text]
    for rows, notes in (
        retrieval.measure(name, labelled, weights, retrieval.read_queries()),
        (reidentification.measure(name, sights, weights, models), []),
        whole_path.measure(name, watched, weights),
        attributes.measure(name, labelled, weights),
        redaction.measure(name, watched, weights),
    ):
        evaluation.rows += rows
        evaluation.notes += notes


def _who(network: Any) -> str:
    return f"{network.weights} (profile {network.profile}), {network.sha256[:12]}"
