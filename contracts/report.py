"""What the report service is asked to do."""

from uuid import UUID

import msgspec

from contracts.task import Payload, Queue, TaskContract
from contracts.vocabulary import ItemKind


class ReportItem(msgspec.Struct, frozen=True, kw_only=True):
    """One chosen hit."""

    kind: ItemKind
    """Track or scene."""
    id: UUID
    """Its id."""
    note: str = ""
    """What the investigator wrote beside it."""
    score: float | None = None
    """The score it was found with, if it came from a search."""


class BuildReport(Payload, frozen=True, kw_only=True):
    """Cut a clip for each chosen hit without re-encoding and write the PDF."""

    report_id: UUID
    """Chosen by the gateway."""
    title: str
    """Its heading."""
    items: tuple[ReportItem, ...]
    """The chosen hits, in the order in which they are shown."""
    time_zone: str = "UTC"
    """IANA zone in which the PDF's times are written, beside UTC."""
    query: str = ""
    """What was looked for, in the investigator's words."""
    requested_by: str = ""
    """The name of the API key or person that asked."""
    margin_seconds: float = 2.0
    """Footage kept before and after each hit, at least."""


REPORT_BUILD = TaskContract(
    name="report.build.v1", queue=Queue.REPORT, payload=BuildReport, owner="report", producers=("gateway",)
)
