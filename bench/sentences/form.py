"""The sentences, and where and when they are asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.search.model.sentence import Place

ZONE = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 3, 4, 20, 0, tzinfo=ZONE)  # a Wednesday
CAMERAS = {
    name: UUID(int=number)
    for number, name in enumerate(("north-gate", "yard", "lobby-door", "car-park", "south-gate"), start=1)
}
ZONES = {"parking": UUID(int=101), "entrance": UUID(int=102)}
PLACES = (
    *(Place(name, (camera_id,)) for name, camera_id in CAMERAS.items()),
    Place("works", tuple(CAMERAS[name] for name in ("north-gate", "yard", "south-gate"))),
    Place("offices", tuple(CAMERAS[name] for name in ("lobby-door", "car-park"))),
    Place("parking", (CAMERAS["car-park"],), (ZONES["parking"],)),
    Place("entrance", (CAMERAS["lobby-door"],), (ZONES["entrance"],)),
)
"""As a search names them: cameras, sites, zones."""

LEARNED, HELD_OUT, SECOND = "learned from", "held out", "second"

Expected = Mapping[str, Any]
"""In the writer's keys: `classes` (as in the API, or `van`), `cameras`, `not_cameras`, `zone`, `not_zone`, `from` and
`until` (local), `time_of_day`, `weekdays`, `attributes`, `not_attributes`, `not_text`, `count`, `direction`,
`min_dwell_s`, `min_speed`, `rest` (words that mean no filter)."""


@dataclass(frozen=True)
class Asked:
    """One sentence.

    Attributes:
        text: as typed.
        part: `learned from`, `held out` from the making of the grammar, or of the `second` set, which came after it.
        readings: each right: the writer's, then others that are as good for who asks.
        why: why these others are as good; empty where there are none.
    """

    text: str
    part: str
    readings: Sequence[Expected]
    why: str


def sentences() -> list[Asked]:
    """All of them, in the writer's order."""
    rows = json.loads((Path(__file__).parent / "sentences.json").read_text(encoding="utf-8"))
    return [Asked(row["text"], row["set"], (row["expects"], *row.get("or", ())), row.get("why", "")) for row in rows]
