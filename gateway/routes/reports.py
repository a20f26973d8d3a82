"""/v1/reports"""

from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from gateway.adapters.footage import Footage
from gateway.adapters.work import Reports
from gateway.bodies.form import Page
from gateway.bodies.reports import Report, ReportAccepted, ReportDetail, ReportNew
from gateway.model import Caller, Scope
from gateway.pages import DEFAULT_ITEMS, IdCursor, read_cursor, write_cursor
from gateway.routes.parameters import Cursor, Limit
from gateway.wall_clock import check_time_zone

_READ = {"needs": Scope.REPORTS_READ}
_WRITE = {"needs": Scope.REPORTS_WRITE}


@post(
    "/",
    operation_id="createReport",
    summary="Have a report written",
    status_code=202,
    opt={**_WRITE, "creates": True, "problems": (404,)},
    sync_to_thread=True,
)
def create_report(
    data: ReportNew,
    caller: NamedDependency[Caller],
    footage: NamedDependency[Footage],
    reports: NamedDependency[Reports],
) -> Response[ReportAccepted]:
    """About chosen hits, in the order given: a PDF with stills, times, cameras and hashes, and a clip of each, cut
    without re-encoding."""
    check_time_zone(data.time_zone)
    footage.check_visible(caller, [(item.kind, item.id) for item in data.items])
    accepted = reports.create(caller, data)
    return Response(accepted, headers={"Location": f"/v1/jobs/{accepted.job_id}"})


@get("/", operation_id="listReports", summary="List reports", opt=_READ, sync_to_thread=True)
def list_reports(
    caller: NamedDependency[Caller],
    reports: NamedDependency[Reports],
    cursor: Cursor = None,
    limit: Limit = DEFAULT_ITEMS,
) -> Page[Report]:
    """Newest first."""
    before = read_cursor(cursor, IdCursor)
    found = reports.list(caller, before=None if before is None else before.id, limit=limit + 1)
    items = list(found[:limit])
    return Page(items=items, next_cursor=write_cursor(IdCursor(items[-1].job_id)) if len(found) > limit else None)


@get(
    "/{report_id:uuid}",
    operation_id="getReport",
    summary="Get a report",
    opt={**_READ, "problems": (404,)},
    sync_to_thread=True,
)
def get_report(
    report_id: FromPath[UUID], caller: NamedDependency[Caller], reports: NamedDependency[Reports]
) -> ReportDetail:
    """With signed links to the PDF and the clips once it is ready."""
    return reports.get(caller, report_id)


router = Router("/reports", route_handlers=[create_report, list_reports, get_report], tags=["reports"])
