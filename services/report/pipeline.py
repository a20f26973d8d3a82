"""The use case of the report service: chosen hits → clips → document."""

from uuid import UUID

from contracts.report import BuildReport
from kit.lease import Lease
from services.report.model import (
    Content,
    CutClip,
    Entry,
    FootageMissingError,
    Sighting,
    check,
    covering,
    window,
)
from services.report.ports import Footage, Press, Records


def build(request: BuildReport, lease: Lease, records: Records, footage: Footage, press: Press) -> None:
    """Builds one report and commits it with its job.

    Doing it again changes nothing: clips, pictures and the PDF are stored under their own hashes, the rows under the
    report's id. Raises ReportImpossibleError where no attempt can help, LeaseLostError where somebody else took over.
    """
    check(request)
    sightings = records.sightings(lease.tenant_id, request.items)
    # Clips take the time; the last share is the document's.
    steps = len(sightings) + 1
    entries: list[Entry] = []
    for done, sighting in enumerate(sightings):
        lease.tell_progress(done / steps)
        entries.append(Entry(sighting, _clip(lease.tenant_id, sighting, request.margin_seconds, records, footage)))
    lease.tell_progress(len(sightings) / steps)
    content = Content(
        report_id=request.report_id,
        title=request.title,
        query=request.query,
        requested_by=request.requested_by,
        requested_at=records.requested_at(lease),
        time_zone=request.time_zone,
        margin_seconds=request.margin_seconds,
        entries=tuple(entries),
    )
    document = press.print(content, footage.pictures(_picture_keys(content)))
    records.finish(lease, content, footage.keep(document))


def _clip(tenant_id: UUID, sighting: Sighting, margin: float, records: Records, footage: Footage) -> CutClip:
    start, end = window(sighting, margin)
    segments = covering(records.segments(tenant_id, sighting.recording_id), start, end)
    if not segments:
        raise FootageMissingError(sighting.kind, sighting.id, sighting.recording_id)
    return footage.cut(segments, start, end)


def _picture_keys(content: Content) -> tuple[str, ...]:
    stills = (still for entry in content.entries for still in (entry.sighting.crop, entry.sighting.scene))
    return tuple(dict.fromkeys(still.object_key for still in stills if still is not None))
