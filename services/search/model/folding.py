"""Hits of one object, or of one view, become one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.vocabulary import ItemKind, ObjectClass
from services.search.model.search import LOOKALIKES, Vector

TRACK_GAP = timedelta(seconds=20)
"""An object that is lost is found again within that, or is taken for another."""
SAME_MOMENT = timedelta(seconds=1)
"""Tracks that are in view together for longer are two objects."""
SAME_LOOKS = 0.85
"""Similarity in the appearance space from which on two tracks of a camera, seconds apart, are taken for one object. On
two rendered sites that `tiny` was not trained on, the halves of 89 in 100 tracks reach it, and 2 in 100 pairs of tracks
of two objects that followed one another (0.8: 97 and 3; 0.9: 66 and 1)."""
SCENE_GAP = timedelta(minutes=10)
SAME_VIEW = 0.97
"""Similarity in the semantic space from which on two scenes of a camera show the same."""


@dataclass(frozen=True)
class Foldable:
    """A hit, as far as folding looks at it."""

    item: ItemKind
    item_id: UUID
    camera_id: UUID
    started_at: datetime
    ended_at: datetime
    object_class: ObjectClass | None


def fold(hits: Sequence[Foldable], looks: Mapping[UUID, Vector], same_looks: float) -> list[list[int]]:
    """Which hits are one, as places in `hits`, each group's best first.

    From the best hit down, each joins the first group that holds something like it, or begins one (leader clustering,
    Hartigan, "Clustering Algorithms", 1975): what a further hit turns out to be never changes the groups before it, so
    pages stay as they were. Tracks are like where they are of one camera, of classes that are taken for one another,
    not in view together, seconds apart, and look alike; scenes where they are of one camera, minutes apart, and look
    the same.

    Args:
        hits: best first.
        looks: unit vectors of tracks (appearance) and scenes (semantic); what has none is folded with nothing.
        same_looks: similarity from which on tracks look alike.
    """
    groups: list[list[int]] = []
    of_camera: dict[tuple[UUID, ItemKind], list[list[int]]] = {}
    for place, hit in enumerate(hits):
        near = of_camera.setdefault((hit.camera_id, hit.item), [])
        group = next(
            (group for group in near if _belongs(hit, [hits[other] for other in group], looks, same_looks)), None
        )
        if group is None:
            group = []
            near.append(group)
            groups.append(group)
        group.append(place)
    return groups


def _belongs(hit: Foldable, group: Sequence[Foldable], looks: Mapping[UUID, Vector], same_looks: float) -> bool:
    if hit.item_id not in looks:
        return False
    if hit.item is ItemKind.TRACK and any(_together(hit, other) > SAME_MOMENT for other in group):
        return False
    return any(_alike(hit, other, looks, same_looks) for other in group)


def _alike(hit: Foldable, other: Foldable, looks: Mapping[UUID, Vector], same_looks: float) -> bool:
    if other.item_id not in looks:
        return False
    likeness = float(looks[hit.item_id] @ looks[other.item_id])
    gap = -_together(hit, other)
    if hit.item is ItemKind.SCENE:
        return gap <= SCENE_GAP and likeness >= SAME_VIEW
    if hit.object_class is None or other.object_class is None:
        return False
    return gap <= TRACK_GAP and likeness >= same_looks and other.object_class in LOOKALIKES[hit.object_class]


def _together(hit: Foldable, other: Foldable) -> timedelta:
    """How long both were in view; below zero, how far they were apart."""
    return min(hit.ended_at, other.ended_at) - max(hit.started_at, other.started_at)
