"""What a request narrows the search to: names and clocks become cameras, polygons and moments."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from contracts.search import SearchRequest
from services.search.model.errors import NotFoundError
from services.search.model.filters import Filters, Timetable, Zone
from services.search.model.timetable import stretches
from services.search.ports.places import KnownCamera, Places


def narrowed(request: SearchRequest, places: Places) -> Filters:
    """The conditions of a valid request. Sites, zones and clocks are looked up only where the request has some.

    Raises NotFoundError for a zone or site that is not there or of no permitted camera, StoreUnavailableError.
    """
    camera_ids = request.camera_ids
    if request.permitted_camera_ids is not None:
        permitted = request.permitted_camera_ids
        camera_ids = permitted if camera_ids is None else tuple(one for one in camera_ids if one in permitted)
    known: Sequence[KnownCamera] = ()
    timed = request.day_time is not None or bool(request.weekdays)
    if (request.sites or timed) and camera_ids != ():
        known = places.cameras(request.tenant_id, camera_ids)
    if request.sites:
        known = _of_sites(known, request.sites)
        camera_ids = tuple(camera.camera_id for camera in known)
    zones = _zones(request.tenant_id, request.zone_ids, places, camera_ids) if request.zone_ids else None
    without_zones = (
        # What is left out may lie on cameras that are not looked at: then nothing is left out.
        _zones(request.tenant_id, request.without_zone_ids, places, request.permitted_camera_ids)
        if request.without_zone_ids
        else ()
    )
    if zones is not None:
        camera_ids = tuple(dict.fromkeys(zone.camera_id for zone in zones))
    return Filters(
        tenant_id=request.tenant_id,
        camera_ids=camera_ids,
        from_time=request.from_time,
        until_time=request.until_time,
        classes=request.classes,
        excluded_ids=(*request.without_track_ids, *(() if request.track_id is None else (request.track_id,))),
        without_camera_ids=request.without_camera_ids,
        without_classes=request.without_classes,
        timetable=_timetable(request, places, known) if timed else None,
        min_seconds_in_view=request.min_seconds_in_view,
        max_seconds_in_view=request.max_seconds_in_view,
        zones=zones,
        without_zones=without_zones,
        attributes=request.attributes,
        headings=request.headings,
        min_speed=request.min_speed,
        max_speed=request.max_speed,
        min_size=request.min_size,
        count=request.count,
    )


def _of_sites(known: Sequence[KnownCamera], sites: Sequence[str]) -> Sequence[KnownCamera]:
    there = {camera.site for camera in known}
    for site in sites:
        if not site or site not in there:
            raise NotFoundError(f"site {site}")
    return [camera for camera in known if camera.site in sites]


def _zones(
    tenant_id: UUID, zone_ids: Sequence[UUID], places: Places, camera_ids: Sequence[UUID] | None
) -> tuple[Zone, ...]:
    there = {zone.zone_id: zone for zone in places.zones(tenant_id, camera_ids)}
    for zone_id in zone_ids:
        if zone_id not in there:
            raise NotFoundError(f"zone {zone_id}")
    return tuple(there[zone_id] for zone_id in dict.fromkeys(zone_ids))


def _timetable(request: SearchRequest, places: Places, known: Sequence[KnownCamera]) -> Timetable:
    first, last = request.from_time, request.until_time
    if first is None or last is None:
        span = places.footage_span(request.tenant_id, [camera.camera_id for camera in known])
        if span is None:
            return Timetable({}, {})
        first = span[0] if first is None else first
        # The end itself was in view; a stretch's is not part of it.
        last = span[1] + timedelta(seconds=1) if last is None else last
    return Timetable(
        {
            zone: stretches(zone, request.day_time, request.weekdays, first, last)
            for zone in sorted({camera.time_zone for camera in known})
        },
        {camera.camera_id: camera.time_zone for camera in known},
    )
