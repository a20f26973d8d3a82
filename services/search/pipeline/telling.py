"""What was found becomes hits that say why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from contracts.search import AttributeFound, AttributeWish, Hit, Member, PartScore, Reasons, SearchRequest
from contracts.vocabulary import ItemKind
from services.search.pipeline.ranking import Found
from services.search.ports.stored import Place, Stored

_FILTERS = (
    "camera_ids",
    "without_camera_ids",
    "sites",
    "zone_ids",
    "without_zone_ids",
    "from_time",
    "until_time",
    "day_time",
    "weekdays",
    "classes",
    "without_classes",
    "attributes",
    "headings",
    "min_seconds_in_view",
    "max_seconds_in_view",
    "min_speed",
    "max_speed",
    "min_size",
    "without_texts",
    "without_track_ids",
)


@dataclass(frozen=True)
class Telling:
    """Tells the hits of one request."""

    stored: Stored
    request: SearchRequest
    """With what its sentence narrows it to."""
    wishes: Sequence[AttributeWish]
    """Attributes that were asked for, as they were put."""

    def hits(self, groups: Sequence[Sequence[Found]]) -> list[Hit]:
        """A hit for each group: its best, the others as its members."""
        known = self._attributes([group[0] for group in groups])
        met = tuple(name for name in _FILTERS if getattr(self.request, name) not in (None, ()))
        if self.request.camera_ids == self.request.permitted_camera_ids:
            # Nobody asked for what the caller is kept to anyway.
            met = tuple(name for name in met if name != "camera_ids")
        if self.request.count > 1:
            met = (*met, "count")
        return [self._hit(group, known.get(group[0].candidate.item_id, {}), met) for group in groups]

    def _attributes(self, found: Sequence[Found]) -> Mapping[UUID, Mapping[tuple[str, str], float]]:
        tracks = [
            Place(one.candidate.item_id, one.seen.started_at) for one in found if one.candidate.item is ItemKind.TRACK
        ]
        return self.stored.attributes(self.request.tenant_id, tracks, self.wishes)

    def _hit(self, group: Sequence[Found], known: Mapping[tuple[str, str], float], met: tuple[str, ...]) -> Hit:
        best = group[0]
        seen = best.seen
        return Hit(
            kind=best.candidate.item,
            id=best.candidate.item_id,
            camera_id=seen.camera_id,
            recording_id=seen.recording_id,
            started_at=seen.started_at,
            ended_at=seen.ended_at,
            best_at=seen.best_at,
            score=_bounded(best.score),
            space=best.candidate.space,
            thumbnail_key=seen.thumbnail_key,
            object_class=seen.object_class,
            box=seen.box,
            probability=best.probability,
            reasons=Reasons(
                parts=tuple(
                    PartScore(
                        asked=look.asked,
                        score=_bounded(part.score),
                        space=look.probe.kind,
                        weight=part.weight,
                        probability=part.probability,
                    )
                    for look, part in best.parts
                ),
                attributes=tuple(
                    AttributeFound(
                        attribute=wish.attribute,
                        value=wish.value,
                        probability=known[wish.attribute, wish.value],
                        wanted=wish.wanted,
                    )
                    for wish in self.wishes
                    if (wish.attribute, wish.value) in known
                ),
                filters=met,
            ),
            members=tuple(sorted((_member(one) for one in group[1:]), key=lambda one: (one.started_at, one.id))),
        )


def _member(one: Found) -> Member:
    return Member(
        kind=one.candidate.item,
        id=one.candidate.item_id,
        started_at=one.seen.started_at,
        ended_at=one.seen.ended_at,
        score=_bounded(one.score),
        thumbnail_key=one.seen.thumbnail_key,
    )


def _bounded(score: float) -> float:
    return max(-1.0, min(1.0, score))
