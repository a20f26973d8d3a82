"""The conditions of a search as parameters: what `kept` and `fits` in vectors.sql are given."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from contracts.ingest import LONGEST_RECORDING
from contracts.search import AttributeWish
from contracts.vocabulary import ATTRIBUTE_UNIT, ItemKind
from services.search.model.attributes import attribute_place
from services.search.model.filters import Filters, Timetable, Zone


def filter_parameters(
    filters: Filters, items: Sequence[ItemKind], started_from: datetime | None, layouts: Sequence[str] = ()
) -> dict[str, Any]:
    """The parameters of the conditions `kept` and `fits`, but for the space.

    Args:
        filters: what is looked at.
        items: kinds of items that are looked at.
        started_from: no row that was in view began earlier.
        layouts: how stored attributes are laid out; needed where `filters` has some.
    """
    parameters: dict[str, Any] = {
        "tenant_id": filters.tenant_id,
        "camera_ids": None if filters.camera_ids is None else list(filters.camera_ids),
        "started_from": started_from,
        "in_view_from": filters.from_time,
        "until": filters.until_time,
        "kinds": [kind.value for kind in items],
        "classes": [value.value for value in filters.classes] or None,
        "item_ids": None if filters.item_ids is None else list(filters.item_ids),
        "excluded_ids": list(filters.excluded_ids) or None,
        "without_camera_ids": list(filters.without_camera_ids) or None,
        "without_classes": [value.value for value in filters.without_classes] or None,
        "least_view": _seconds(filters.min_seconds_in_view),
        "most_view": _seconds(filters.max_seconds_in_view),
        "by_path": filters.by_path,
        "zone_cameras": None if filters.zones is None else [zone.camera_id for zone in filters.zones],
        "zone_shapes": None if filters.zones is None else [_polygon(zone) for zone in filters.zones],
        "left_cameras": [zone.camera_id for zone in filters.without_zones] or None,
        "left_shapes": [_polygon(zone) for zone in filters.without_zones] or None,
        "headings": [heading.degrees for heading in filters.headings] or None,
        "heading_within": [heading.within for heading in filters.headings] or None,
        "least_speed": filters.min_speed,
        "most_speed": filters.max_speed,
        "least_size": filters.min_size,
        "count": filters.count,
        "longest": LONGEST_RECORDING,
    }
    return parameters | _clock_parameters(filters.timetable) | _wish_parameters(filters.attributes, layouts)


def _clock_parameters(timetable: Timetable | None) -> dict[str, Any]:
    if timetable is None:
        return {"clock_cameras": None, "clocks": None, "clock_of": None}
    zones = list(timetable.stretches)
    return {
        "clock_cameras": list(timetable.zone_of),
        "clock_of": [zones.index(zone) + 1 for zone in timetable.zone_of.values()],
        "clocks": [
            "{" + ",".join(f"[{begin.isoformat()},{end.isoformat()})" for begin, end in timetable.stretches[zone]) + "}"
            for zone in zones
        ],
    }


def _wish_parameters(wishes: Sequence[AttributeWish], layouts: Sequence[str]) -> dict[str, Any]:
    placed = [
        (layout, place, wish)
        for layout in layouts
        for wish in wishes
        if (place := attribute_place(layout, wish.attribute, wish.value)) is not None
    ]
    return {
        "by_attributes": bool(wishes),
        "wanted": sum(wish.wanted for wish in wishes),
        "wish_layouts": [layout for layout, _, _ in placed],
        # Arrays of Postgres begin at 1.
        "wish_places": [place + 1 for _, place, _ in placed],
        "wish_least": [math.ceil(wish.probability * ATTRIBUTE_UNIT) for _, _, wish in placed],
        "wish_wanted": [wish.wanted for _, _, wish in placed],
    }


def _seconds(limit: float | None) -> timedelta | None:
    return None if limit is None else timedelta(seconds=limit)


def _polygon(zone: Zone) -> str:
    return "(" + ",".join(f"({x!r},{y!r})" for x, y in zone.points) + ")"
