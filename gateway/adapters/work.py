"""Jobs and reports: what was asked for, how far it is, what came of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from contracts.report import REPORT_BUILD, BuildReport, ReportItem
from contracts.task import JobState
from contracts.vocabulary import ItemKind
from gateway.bodies.jobs import JobBody
from gateway.bodies.reports import (
    Clip,
    Report,
    ReportAccepted,
    ReportDetail,
    ReportNew,
    ReportState,
)
from gateway.model import Caller
from gateway.refusals import JobNotDeadError, NotFoundError
from gateway.wall_clock import in_zone
from kit.jobs import Jobs
from kit.objects import Objects
from kit.postgres import Database
from kit.sql import Statements

_SQL = Statements(Path(__file__).with_name("work.sql"))


class Work:
    """The jobs that a caller may see."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs

    def get(self, caller: Caller, job_id: UUID) -> JobBody:
        """One job. Raises NotFoundError."""
        found = self._list(caller, id=job_id, limit=1)
        if not found:
            raise NotFoundError("job", job_id)
        return found[0]

    def list(
        self, caller: Caller, *, state: JobState | None, subject_id: UUID | None, before: UUID | None, limit: int
    ) -> Sequence[JobBody]:
        """Jobs, newest first."""
        wanted = None if state is None else state.value
        return self._list(caller, state=wanted, subject_id=subject_id, before=before, limit=limit)

    def replay(self, caller: Caller, job_id: UUID) -> JobBody:
        """Starts a dead job over. Raises NotFoundError, JobNotDeadError."""
        job = self.get(caller, job_id)
        if not self._jobs.replay(caller.tenant_id, job_id):
            raise JobNotDeadError(job_id, job.state)
        return self.get(caller, job_id)

    def _list(self, caller: Caller, *, limit: int, **filters: Any) -> Sequence[JobBody]:
        parameters: dict[str, Any] = {name: filters.get(name) for name in ("id", "state", "subject_id", "before")}
        parameters |= {
            "tenant_id": caller.tenant_id,
            "cameras": caller.cameras,
            "report": REPORT_BUILD.name,
            "limit": limit,
        }
        with self._database.transaction(caller.tenant_id) as connection:
            rows = connection.execute(_SQL["jobs"], parameters).fetchall()
        return [JobBody(**{**row, "state": JobState(row["state"])}) for row in rows]


class Reports:
    """The reports that a caller may see."""

    def __init__(self, database: Database, jobs: Jobs, objects: Objects, *, link_seconds: int) -> None:
        self._database = database
        self._jobs = jobs
        self._objects = objects
        self._link_seconds = link_seconds

    def create(self, caller: Caller, new: ReportNew) -> ReportAccepted:
        """Has a report written; its items must have been checked."""
        report_id = uuid4()
        payload = BuildReport(
            report_id=report_id,
            title=new.title,
            items=tuple(ReportItem(kind=item.kind, id=item.id, note=item.note, score=item.score) for item in new.items),
            time_zone=new.time_zone,
            query=new.query,
            requested_by=caller.name,
            margin_seconds=new.margin_seconds,
        )
        with self._jobs.work(caller.tenant_id) as work:
            job_id = work.enqueue(REPORT_BUILD, payload, key=str(report_id), subject_id=report_id).job_id
        return ReportAccepted(id=report_id, job_id=job_id)

    def list(self, caller: Caller, *, before: UUID | None, limit: int) -> Sequence[Report]:
        """Reports, newest first."""
        return [Report(**_report_fields(row)) for row in self._rows(caller, id=None, before=before, limit=limit)]

    def get(self, caller: Caller, report_id: UUID) -> ReportDetail:
        """One report with links. Raises NotFoundError."""
        rows = self._rows(caller, id=report_id, before=None, limit=1)
        if not rows:
            raise NotFoundError("report", report_id)
        with self._database.transaction(caller.tenant_id) as connection:
            clips = connection.execute(_SQL["clips"], {"tenant_id": caller.tenant_id, "id": report_id}).fetchall()
        key = rows[0]["object_key"]
        return ReportDetail(
            **_report_fields(rows[0]),
            pdf_url=None if key is None else self._link(key, f"report-{report_id}.pdf"),
            clips=[self._clip(row) for row in clips],
            expires_at=datetime.now(UTC) + timedelta(seconds=self._link_seconds),
        )

    def _rows(self, caller: Caller, **filters: Any) -> Sequence[Mapping[str, Any]]:
        parameters = {
            "tenant_id": caller.tenant_id,
            "cameras": caller.cameras,
            "report": REPORT_BUILD.name,
            **filters,
        }
        with self._database.transaction(caller.tenant_id) as connection:
            return connection.execute(_SQL["reports"], parameters).fetchall()

    def _clip(self, row: Mapping[str, Any]) -> Clip:
        return Clip(
            position=row["position"],
            kind=ItemKind(row["item_kind"]),
            item_id=row["item_id"],
            camera_id=row["camera_id"],
            recording_id=row["recording_id"],
            started_at=in_zone(row["started_at"], row["time_zone"]),
            ended_at=in_zone(row["ended_at"], row["time_zone"]),
            size_bytes=row["size_bytes"],
            sha256=row["sha256"],
            original_sha256=row["original_sha256"],
            url=self._link(row["object_key"], None),
        )

    def _link(self, key: str, filename: str | None) -> str:
        return self._objects.signed_get(key, seconds=self._link_seconds, filename=filename)


def _report_fields(row: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: value for name, value in row.items() if name != "object_key"}
    return {**fields, "state": ReportState(fields["state"])}
