"""How long and on what to train: the full run and a smoke run."""

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Plan:
    """Everything that decides the outcome of a training run, but for the machine.

    Attributes:
        shared: folder with `footage/`, `stills/`, `models/`; what is not there is done without.
        cache: where rendered pictures are kept.
        target: the model repository to write to.
        views: labelled views that the detector learns from.
        sample_every: seconds between training frames of a clip.
        measure_every: seconds between measured frames of a held-out clip.
        track_every: seconds between the sights of a followed person or vehicle.
        rendered_sights: how many rendered crops `appearance` and `attributes` learn from.
        real_objects: how many objects are made of those that were filmed, by new clothes and new paint.
        image_views, image_parts: varied pictures that the image tower learns from: so many a part, so many parts.
        marked_views: views in which heads, faces and plates are marked.
        held_out_views: the same for measuring only.
        redaction_measure_every: seconds between frames of a held-out clip in which faces are looked for.
        save_every: steps after which the training can be gone on from, and its network is written.
    """

    shared: Path
    cache: Path
    target: Path
    seed: int = 1
    rendered_frames: int = 2000
    views: int = 7000
    rendered_crops: int = 12000
    held_out_frames: int = 250
    held_out_crops: int = 500
    sample_every: float = 0.2
    measure_every: float = 0.5
    track_every: float = 0.1
    rendered_sights: int = 6000
    real_objects: int = 2500
    save_every: int = 100
    detector_steps: tuple[int, ...] = (240, 2760)
    detector_rate: float = 2.5e-3
    image_steps: int = 520
    image_rate: float = 2e-3
    image_views: int = 12000
    image_parts: int = 1
    appearance_steps: int = 3000
    appearance_rate: float = 1.5e-3
    attributes_steps: int = 500
    attributes_rate: float = 1.5e-3
    marked_views: int = 1000
    held_out_views: int = 200
    redaction_measure_every: float = 0.2
    redaction_steps: int = 1500
    redaction_rate: float = 2e-3

    def smoke(self) -> "Plan":
        """Shorten the run to minutes: it shows that everything works, its weights are no good."""
        return replace(
            self,
            rendered_frames=250,
            views=200,
            rendered_crops=500,
            held_out_frames=50,
            held_out_crops=100,
            sample_every=1.0,
            measure_every=5.0,
            detector_steps=(15, 5),
            track_every=0.5,
            rendered_sights=500,
            real_objects=100,
            image_steps=10,
            image_views=400,
            image_parts=1,
            appearance_steps=20,
            attributes_steps=20,
            marked_views=100,
            held_out_views=100,
            redaction_measure_every=5.0,
            redaction_steps=10,
        )


def restarted_rate(step: int, rounds: tuple[int, ...], top: float) -> float:
    """Give the rate of a step where each round goes down a cosine of its own, from half as high as the one before.

    Warm restarts: Loshchilov and Hutter 2017 (arXiv:1608.03983).
    """
    for steps in rounds[:-1]:
        if step < steps:
            return learning_rate(step, steps, top)
        step, top = step - steps, top / 2
    return learning_rate(step, rounds[-1], top)


def learning_rate(step: int, steps: int, top: float) -> float:
    """Give the rate of a step: a short warm-up, then half a cosine down to nothing."""
    warm = min(100, steps // 10 + 1)
    if step < warm:
        return top * (step + 1) / warm
    return top * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def pick_device() -> "torch.device":
    """Use a GPU where there is one."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
