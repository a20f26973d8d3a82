"""Uploads and recordings: rows in Postgres, bytes in the object store, the job that takes them in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from contracts.ingest import INGEST_RECORDING, IngestRecording
from gateway.bodies.recordings import (
    PartLink,
    Recording,
    RecordingAccepted,
    RecordingNew,
    RecordingOpened,
    RecordingState,
    Segment,
    UploadLinks,
)
from gateway.model import Caller
from gateway.refusals import NotFoundError, PartsWrongError, SizeMismatchError, UploadOverError
from gateway.uploads import PartPlan, check_parts, plan_parts, read_numbers
from gateway.wall_clock import in_zone
from kit.jobs import Jobs
from kit.objects import PART_BYTES, ObjectMissingError, Objects, ObjectsUnavailableError
from kit.postgres import Connection, Database
from kit.sql import Statements

_SQL = Statements(Path(__file__).with_name("recordings.sql"))

_PARTS_REFUSED = {"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "InvalidRequest", "MalformedXML"}
_UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True)
class _Upload:
    id: UUID
    camera_id: UUID
    filename: str
    size_bytes: int
    started_at: datetime | None
    object_key: str
    multipart_id: str | None
    part_bytes: int | None
    state: str
    job_id: UUID | None

    @property
    def plan(self) -> PartPlan:
        return PartPlan(self.size_bytes, self.part_bytes or max(self.size_bytes, 1))


class Recordings:
    """The recordings of the tenants, from the first byte sent to the end of their processing."""

    def __init__(self, database: Database, jobs: Jobs, objects: Objects, *, link_seconds: int, most_bytes: int) -> None:
        self._database = database
        self._jobs = jobs
        self._objects = objects
        self._link_seconds = link_seconds
        self._most_bytes = most_bytes

    def open(self, caller: Caller, new: RecordingNew) -> RecordingOpened:
        """Opens an upload in parts on a camera that the caller may see. Raises UploadTooLargeError."""
        plan = plan_parts(new.size_bytes, part_bytes=PART_BYTES, most_bytes=self._most_bytes)
        recording_id = self._fresh_id()
        key = _key(caller.tenant_id, recording_id)
        multipart_id = self._objects.start_multipart(key, content_type=_UNKNOWN_TYPE)
        with self._database.transaction(caller.tenant_id) as connection:
            _insert(connection, caller, new, recording_id, multipart_id=multipart_id, part_bytes=plan.part_bytes)
        return RecordingOpened(id=recording_id, upload=self._links(key, multipart_id, plan, read_numbers(None, plan)))

    def links(self, caller: Caller, recording_id: UUID, numbers: str | None) -> UploadLinks:
        """Fresh links of an open upload. Raises NotFoundError, UploadOverError, InvalidFieldError."""
        upload = self._upload(caller, recording_id)
        if upload.state != "open" or upload.multipart_id is None:
            raise UploadOverError(recording_id)
        return self._links(upload.object_key, upload.multipart_id, upload.plan, read_numbers(numbers, upload.plan))

    def complete(self, caller: Caller, recording_id: UUID, parts: Sequence[tuple[int, str]]) -> RecordingAccepted:
        """Joins the parts and has the file processed; doing it again answers the same. Raises NotFoundError,
        PartsWrongError, SizeMismatchError."""
        upload = self._upload(caller, recording_id)
        if upload.state == "complete" and upload.job_id is not None:
            return RecordingAccepted(id=recording_id, job_id=upload.job_id)
        self._join(upload, check_parts(parts, upload.plan))
        actual = self._objects.size(upload.object_key)
        if actual != upload.size_bytes:
            with self._database.transaction(caller.tenant_id) as connection:
                connection.execute(_SQL["abort"], {"tenant_id": caller.tenant_id, "id": recording_id})
            self._objects.delete(upload.object_key)
            raise SizeMismatchError(upload.size_bytes, actual)
        with self._jobs.work(caller.tenant_id) as work:
            scope = {"tenant_id": caller.tenant_id, "id": recording_id}
            first = work.connection.execute(_SQL["complete"], scope).fetchone() is not None
            if first:
                payload = IngestRecording(
                    recording_id=recording_id,
                    camera_id=upload.camera_id,
                    object_key=upload.object_key,
                    filename=upload.filename,
                    started_at=upload.started_at,
                )
                job_id = work.enqueue(INGEST_RECORDING, payload, key=str(recording_id), subject_id=recording_id).job_id
                work.connection.execute(_SQL["name_job"], {**scope, "job_id": job_id})
        if first:
            return RecordingAccepted(id=recording_id, job_id=job_id)
        return self._completed_by_another(caller, recording_id)

    def take(self, caller: Caller, new: RecordingNew, content: BinaryIO) -> RecordingAccepted:
        """Takes a small file as a whole and has it processed."""
        recording_id = self._fresh_id()
        key = _key(caller.tenant_id, recording_id)
        self._objects.put_stream(key, content, content_type=_UNKNOWN_TYPE)
        with self._jobs.work(caller.tenant_id) as work:
            scope = {"tenant_id": caller.tenant_id, "id": recording_id}
            _insert(work.connection, caller, new, recording_id, multipart_id=None, part_bytes=None)
            work.connection.execute(_SQL["complete"], scope)
            payload = IngestRecording(
                recording_id=recording_id,
                camera_id=new.camera_id,
                object_key=key,
                filename=new.filename,
                started_at=new.started_at,
            )
            job_id = work.enqueue(INGEST_RECORDING, payload, key=str(recording_id), subject_id=recording_id).job_id
            work.connection.execute(_SQL["name_job"], {**scope, "job_id": job_id})
        return RecordingAccepted(id=recording_id, job_id=job_id)

    def abort(self, caller: Caller, recording_id: UUID) -> None:
        """Throws an open upload away. Raises NotFoundError, UploadOverError."""
        self._upload(caller, recording_id)
        with self._database.transaction(caller.tenant_id) as connection:
            row = connection.execute(_SQL["abort"], {"tenant_id": caller.tenant_id, "id": recording_id}).fetchone()
        if row is None:
            raise UploadOverError(recording_id)
        try:
            self._objects.abort_multipart(row["object_key"], row["multipart_id"])
        except ObjectMissingError:
            # The store has forgotten it already: what was wanted.
            return

    def get(self, caller: Caller, recording_id: UUID) -> Recording:
        """One recording. Raises NotFoundError."""
        found = self._list(caller, id=recording_id, limit=1)
        if not found:
            raise NotFoundError("recording", recording_id)
        return found[0]

    def list(
        self,
        caller: Caller,
        *,
        camera_id: UUID | None,
        state: str | None,
        from_time: datetime | None,
        until_time: datetime | None,
        before: UUID | None,
        limit: int,
    ) -> Sequence[Recording]:
        """Recordings, newest first."""
        return self._list(
            caller,
            camera_id=camera_id,
            state=state,
            before=before,
            limit=limit,
            **{"from": from_time, "until": until_time},
        )

    def segments(
        self,
        caller: Caller,
        recording_id: UUID,
        *,
        from_time: datetime | None,
        until_time: datetime | None,
        after: int | None,
        limit: int,
    ) -> Sequence[Segment]:
        """The stored pieces of a recording that overlap a time range, in order, with links. Raises NotFoundError."""
        self._upload(caller, recording_id)
        parameters = {
            "tenant_id": caller.tenant_id,
            "id": recording_id,
            "cameras": caller.cameras,
            "from": from_time,
            "until": until_time,
            "after": after,
            "limit": limit,
        }
        with self._database.transaction(caller.tenant_id) as connection:
            rows = connection.execute(_SQL["segments"], parameters).fetchall()
        expires_at = _expiry(self._link_seconds)
        return [
            Segment(
                id=row["id"],
                ordinal=row["ordinal"],
                started_at=in_zone(row["started_at"], row["time_zone"]),
                ended_at=in_zone(row["ended_at"], row["time_zone"]),
                size_bytes=row["size_bytes"],
                sha256=row["sha256"],
                url=self._objects.signed_get(row["object_key"], seconds=self._link_seconds),
                expires_at=expires_at,
            )
            for row in rows
        ]

    def _fresh_id(self) -> UUID:
        # From the database, so that ids made here sort with those made there.
        with self._database.system_transaction() as connection:
            row = connection.execute(_SQL["fresh_id"]).fetchone()
        assert row is not None
        fresh: UUID = row["id"]
        return fresh

    def _upload(self, caller: Caller, recording_id: UUID) -> _Upload:
        parameters = {"tenant_id": caller.tenant_id, "id": recording_id, "cameras": caller.cameras}
        with self._database.transaction(caller.tenant_id) as connection:
            row = connection.execute(_SQL["upload"], parameters).fetchone()
        if row is None:
            raise NotFoundError("recording", recording_id)
        return _Upload(**row)

    def _links(self, key: str, multipart_id: str, plan: PartPlan, numbers: Sequence[int]) -> UploadLinks:
        seconds = self._link_seconds
        return UploadLinks(
            part_bytes=plan.part_bytes,
            part_count=plan.count,
            parts=[
                PartLink(number=number, url=self._objects.signed_part(key, multipart_id, number, seconds=seconds))
                for number in numbers
            ],
            expires_at=_expiry(seconds),
        )

    def _join(self, upload: _Upload, parts: Sequence[tuple[int, str]]) -> None:
        assert upload.multipart_id is not None
        try:
            self._objects.finish_multipart(upload.object_key, upload.multipart_id, parts)
        except ObjectMissingError as error:
            raise PartsWrongError(f"the object store does not know these parts: {error}") from error
        except ObjectsUnavailableError as error:
            if error.code in _PARTS_REFUSED:
                raise PartsWrongError(f"the object store refused the parts: {error.code}") from error
            # Joined by an earlier attempt whose answer was lost: the object is there, and its size is checked next.
            if error.code != "NoSuchUpload" or not self._there(upload.object_key):
                raise

    def _there(self, key: str) -> bool:
        try:
            self._objects.size(key)
        except ObjectMissingError:
            return False
        return True

    def _completed_by_another(self, caller: Caller, recording_id: UUID) -> RecordingAccepted:
        upload = self._upload(caller, recording_id)
        if upload.job_id is None:
            raise NotFoundError("recording", recording_id)
        return RecordingAccepted(id=recording_id, job_id=upload.job_id)

    def _list(self, caller: Caller, *, limit: int, **filters: Any) -> Sequence[Recording]:
        names = ("id", "camera_id", "state", "from", "until", "before")
        parameters: dict[str, Any] = {name: filters.get(name) for name in names}
        parameters |= {"tenant_id": caller.tenant_id, "cameras": caller.cameras, "limit": limit}
        with self._database.transaction(caller.tenant_id) as connection:
            return [_recording(row) for row in connection.execute(_SQL["list"], parameters).fetchall()]


def _insert(
    connection: Connection,
    caller: Caller,
    new: RecordingNew,
    recording_id: UUID,
    *,
    multipart_id: str | None,
    part_bytes: int | None,
) -> None:
    connection.execute(
        _SQL["open"],
        {
            "id": recording_id,
            "tenant_id": caller.tenant_id,
            "camera_id": new.camera_id,
            "filename": new.filename,
            "size_bytes": new.size_bytes,
            "started_at": new.started_at,
            "object_key": _key(caller.tenant_id, recording_id),
            "multipart_id": multipart_id,
            "part_bytes": part_bytes,
        },
    )


def _recording(row: Mapping[str, Any]) -> Recording:
    fields = dict(row)
    zone = fields.pop("time_zone")
    for name in ("started_at", "ended_at"):
        fields[name] = None if fields[name] is None else in_zone(fields[name], zone)
    return Recording(**{**fields, "state": RecordingState(fields["state"])})


def _key(tenant_id: UUID, recording_id: UUID) -> str:
    return f"uploads/{tenant_id}/{recording_id}"


def _expiry(seconds: int) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
