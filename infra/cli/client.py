"""A small typed client of the gateway's REST API, for the command line, the demo and the end-to-end tests.

    with open_client() as sightline:
        camera = sightline.ensure_camera("lobby", time_zone="Europe/Berlin")
        accepted = sightline.upload(Path("lobby.mp4"), camera.id, started_at=start)
        recording = sightline.follow_recording(accepted.id)
        for hit in sightline.search(text="a person with a red jacket").hits:
            ...

The gateway's address and the key come from SIGHTLINE_URL and SIGHTLINE_API_KEY, or else from the local stack's state
folder (`sightline up`), whose operator key is made on first use.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

import httpx
import msgspec

from contracts.events import EventKind
from contracts.journey import Decision
from contracts.task import JobState
from contracts.vocabulary import ItemKind, ObjectClass
from gateway.bodies.cameras import Camera, CameraNew
from gateway.bodies.events import EventBody, Rule, RuleChange, RuleNew, RuleTrial, RuleTrialNew
from gateway.bodies.form import Page, ProblemBody
from gateway.bodies.jobs import JobBody
from gateway.bodies.journeys import (
    HopDecisionNew,
    JourneyAsked,
    JourneyBody,
    JourneyNew,
    TransitionBody,
    TransitionList,
    TransitionNew,
)
from gateway.bodies.questions import QuestionAnswered, QuestionNew, QuestionReportNew
from gateway.bodies.recordings import (
    PartDone,
    Recording,
    RecordingAccepted,
    RecordingNew,
    RecordingOpened,
    RecordingState,
    Segment,
    UploadDone,
    UploadLinks,
)
from gateway.bodies.reports import ReportAccepted, ReportDetail, ReportItemNew, ReportNew, ReportState
from gateway.bodies.search import PictureStored, SearchDone, SearchNew
from gateway.bodies.tracks import Track, TrackDetail
from gateway.bodies.watches import Alert, Watch, WatchChange, WatchNew, WatchTrial, WatchTrialNew
from gateway.bodies.zones import Zone, ZoneNew
from infra.cli.console import CommandFailed

T = TypeVar("T")

EXIT_UNREACHABLE = 3
"""What the shell sees where no gateway answers."""

_ATTEMPTS = 4
_PARTS_AT_ONCE = 3
_CHUNK_BYTES = 256 * 1024

OnBytes = Callable[[int], None]
"""Told how many more bytes went out."""


class GatewayRefusedError(Exception):
    """The gateway answered with a problem."""

    def __init__(self, problem: ProblemBody) -> None:
        fields = "".join(f"; {error.field}: {error.message}" for error in problem.errors)
        super().__init__(f"{problem.detail}{fields}")
        self.problem = problem

    @property
    def status(self) -> int:
        """HTTP status."""
        return self.problem.status


class GatewayUnreachableError(Exception):
    """No gateway answered."""

    def __init__(self, url: str, cause: str) -> None:
        super().__init__(f"no gateway answers at {url} ({cause})")
        self.url = url


class NotFinishedError(Exception):
    """What was waited for did not end in time."""


class Client:
    """One gateway, seen with one API key. Raises GatewayRefusedError and GatewayUnreachableError throughout."""

    def __init__(self, url: str, key: str, *, timeout: float = 60.0) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=httpx.Timeout(timeout, connect=5.0)
        )
        # Signed links carry their own permission: the key is not sent to the object store.
        self._objects = httpx.Client(timeout=httpx.Timeout(300.0, connect=10.0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()
        self._objects.close()

    # Cameras

    def cameras(self, *, name: str | None = None, site: str | None = None) -> list[Camera]:
        """All cameras that the key may see, by name."""
        return list(self._pages("/v1/cameras", Camera, {"name": name, "site": site}))

    def camera(self, name: str) -> Camera | None:
        """The camera of that name."""
        found = self.cameras(name=name)
        return found[0] if found else None

    def create_camera(
        self,
        name: str,
        *,
        site: str = "",
        time_zone: str = "UTC",
        external_ids: Mapping[str, str] | None = None,
    ) -> Camera:
        """Registers a camera."""
        body = CameraNew(name=name, site=site, time_zone=time_zone, external_ids=dict(external_ids or {}))
        return self._create("/v1/cameras", body, Camera)

    def ensure_camera(self, name: str, *, site: str = "", time_zone: str = "UTC") -> Camera:
        """The camera of that name, registered now if it is not there; `site` and `time_zone` count only then."""
        return self.camera(name) or self.create_camera(name, site=site, time_zone=time_zone)

    # Recordings

    def upload(
        self, path: Path, camera_id: UUID, *, started_at: datetime | None = None, on_bytes: OnBytes | None = None
    ) -> RecordingAccepted:
        """Uploads a file in parts straight to the object store and has it processed."""
        size = path.stat().st_size
        new = RecordingNew(camera_id=camera_id, filename=path.name, size_bytes=size, started_at=started_at)
        opened = self._create("/v1/recordings", new, RecordingOpened)
        try:
            with ThreadPoolExecutor(_PARTS_AT_ONCE) as pool:
                parts = list(
                    pool.map(
                        lambda number: self._put_part(path, size, opened, number, on_bytes),
                        range(1, opened.upload.part_count + 1),
                    )
                )
        except BaseException:
            # What went wrong is told, not that clearing up after it went wrong too.
            with suppress(GatewayUnreachableError):
                self._send("DELETE", f"/v1/recordings/{opened.id}")
            raise
        return self._create(f"/v1/recordings/{opened.id}/complete", UploadDone(parts=parts), RecordingAccepted)

    def recording(self, recording_id: UUID) -> Recording:
        """One recording."""
        return self._get(f"/v1/recordings/{recording_id}", Recording)

    def recordings(self, *, camera_id: UUID | None = None, state: RecordingState | None = None) -> Iterator[Recording]:
        """Recordings, newest first."""
        return self._pages("/v1/recordings", Recording, {"camera_id": camera_id, "state": state})

    def segments(self, recording_id: UUID) -> Iterator[Segment]:
        """The stored pieces of a recording, in order, with links."""
        return self._pages(f"/v1/recordings/{recording_id}/segments", Segment, {})

    def follow_recording(
        self,
        recording_id: UUID,
        *,
        on_change: Callable[[Recording], None] | None = None,
        seconds: float = 3600,
        interval: float = 0.5,
    ) -> Recording:
        """Waits until nothing more will happen to the recording (searchable, failed or a duplicate) and returns it.
        Raises NotFinishedError."""

        def over(recording: Recording) -> bool:
            settled = {RecordingState.READY, RecordingState.FAILED, RecordingState.DUPLICATE}
            return recording.state in settled and recording.open_jobs == 0

        return _follow(lambda: self.recording(recording_id), over, on_change, seconds, interval)

    # Jobs

    def jobs(self, *, state: JobState | None = None, subject_id: UUID | None = None) -> Iterator[JobBody]:
        """Jobs, newest first."""
        return self._pages("/v1/jobs", JobBody, {"state": state, "subject_id": subject_id})

    def job(self, job_id: UUID) -> JobBody:
        """One job."""
        return self._get(f"/v1/jobs/{job_id}", JobBody)

    def replay_job(self, job_id: UUID) -> JobBody:
        """Starts a dead job over."""
        return self._create(f"/v1/jobs/{job_id}/replay", None, JobBody)

    # Search

    def search(
        self,
        *,
        text: str | None = None,
        picture_id: str | None = None,
        track_id: UUID | None = None,
        camera_ids: Sequence[UUID] | None = None,
        from_time: datetime | None = None,
        until_time: datetime | None = None,
        classes: Sequence[ObjectClass] = (),
        kinds: Sequence[ItemKind] = tuple(ItemKind),
        min_score: float = -1.0,
        limit: int = 20,
    ) -> SearchDone:
        """Searches by a text, a picture, a track, or several of them."""
        new = SearchNew(
            text=text,
            picture_id=picture_id,
            track_id=track_id,
            camera_ids=None if camera_ids is None else list(camera_ids),
            from_time=from_time,
            until_time=until_time,
            classes=list(classes),
            kinds=list(kinds),
            min_score=min_score,
            limit=limit,
        )
        return self.find(new)

    def find(self, new: SearchNew) -> SearchDone:
        """Searches by all that the API knows."""
        return self._answer(self._send("POST", "/v1/search", content=msgspec.json.encode(new)), SearchDone)

    def store_picture(self, picture: bytes) -> PictureStored:
        """Stores a picture (JPEG, PNG, WebP) to search with."""
        headers = {"Content-Type": "application/octet-stream"}
        return self._answer(self._send("POST", "/v1/pictures", content=picture, headers=headers), PictureStored)

    # Journeys

    def start_journey(self, new: JourneyNew) -> JourneyBody:
        """Follows a person or vehicle from a track or picture."""
        return self._create("/v1/journeys", new, JourneyBody)

    def journey(self, journey_id: UUID) -> JourneyBody:
        """A kept journey, solved anew."""
        return self._get(f"/v1/journeys/{journey_id}", JourneyBody)

    def journeys(self) -> Iterator[JourneyAsked]:
        """What was asked before, the latest first."""
        return self._pages("/v1/journeys", JourneyAsked, {})

    def decide_hop(self, journey: JourneyBody, track_id: UUID, decision: Decision) -> JourneyBody:
        """Confirms or rejects a track in a journey as it was read."""
        path = f"/v1/journeys/{journey.id}/hops/{track_id}"
        content = msgspec.json.encode(HopDecisionNew(decision=decision.value))
        return self._answer(
            self._send("POST", path, content=content, headers={"If-Match": f'"{journey.version}"'}), JourneyBody
        )

    def transitions(self) -> list[TransitionBody]:
        """What is known of the times between cameras."""
        return self._get("/v1/transitions", TransitionList).items

    def give_transition(self, new: TransitionNew) -> list[TransitionBody]:
        """Says how long it takes between two cameras; what is known then."""
        return self._answer(
            self._send("PUT", "/v1/transitions", content=msgspec.json.encode(new)), TransitionList
        ).items

    # Zones, events, watches

    def zones(self, camera_id: UUID) -> Iterator[Zone]:
        """A camera's zones and lines, by name."""
        return self._pages(f"/v1/cameras/{camera_id}/zones", Zone, {})

    def draw_zone(self, camera_id: UUID, new: ZoneNew) -> Zone:
        """Draws a zone or line."""
        return self._create(f"/v1/cameras/{camera_id}/zones", new, Zone)

    def rules(self, *, camera_id: UUID | None = None) -> Iterator[Rule]:
        """Rules, newest first."""
        return self._pages("/v1/rules", Rule, {"camera_id": camera_id})

    def create_rule(self, new: RuleNew) -> Rule:
        """Keeps a rule."""
        return self._create("/v1/rules", new, Rule)

    def change_rule(self, rule: Rule, change: RuleChange) -> Rule:
        """Changes a rule, if it is still as it was read."""
        return self._change(f"/v1/rules/{rule.id}", change, rule.version, Rule)

    def try_rule(self, new: RuleTrialNew) -> RuleTrial:
        """Runs a rule over the past; stores nothing."""
        return self._answer(self._send("POST", "/v1/rules/test", content=msgspec.json.encode(new)), RuleTrial)

    def events(
        self,
        *,
        kind: EventKind | None = None,
        camera_id: UUID | None = None,
        from_time: datetime | None = None,
        until_time: datetime | None = None,
    ) -> Iterator[EventBody]:
        """Events, in the order of their start."""
        asked = {"kind": kind, "camera_id": camera_id, "from": from_time, "until": until_time}
        return self._pages("/v1/events", EventBody, asked)

    def watches(self) -> Iterator[Watch]:
        """Watches, newest first."""
        return self._pages("/v1/watches", Watch, {})

    def create_watch(self, new: WatchNew) -> Watch:
        """Watches for something from now on."""
        return self._create("/v1/watches", new, Watch)

    def change_watch(self, watch: Watch, change: WatchChange) -> Watch:
        """Changes a watch, if it is still as it was read."""
        return self._change(f"/v1/watches/{watch.id}", change, watch.version, Watch)

    def try_watch(self, new: WatchTrialNew) -> WatchTrial:
        """Runs a watched search over the past; stores nothing."""
        return self._answer(self._send("POST", "/v1/watches/test", content=msgspec.json.encode(new)), WatchTrial)

    def alerts(self, *, acknowledged: bool | None = None, since: datetime | None = None) -> Iterator[Alert]:
        """Alerts, newest first."""
        told = None if acknowledged is None else str(acknowledged).lower()
        return self._pages("/v1/alerts", Alert, {"acknowledged": told, "since": since})

    def acknowledge(self, alert_id: UUID) -> Alert:
        """Says that somebody has seen an alert."""
        return self._create(f"/v1/alerts/{alert_id}/acknowledge", None, Alert)

    # Questions

    def ask(self, new: QuestionNew) -> QuestionAnswered:
        """Asks a question in plain English."""
        return self._create("/v1/questions", new, QuestionAnswered)

    def answered(self, answer_id: UUID) -> QuestionAnswered:
        """A kept answer, with fresh links."""
        return self._get(f"/v1/questions/{answer_id}", QuestionAnswered)

    def report_answer(self, answer_id: UUID, new: QuestionReportNew) -> ReportAccepted:
        """Has a report of a kept answer written."""
        return self._create(f"/v1/questions/{answer_id}/report", new, ReportAccepted)

    # Tracks

    def tracks(
        self,
        *,
        camera_id: UUID | None = None,
        recording_id: UUID | None = None,
        object_class: ObjectClass | None = None,
        from_time: datetime | None = None,
        until_time: datetime | None = None,
    ) -> Iterator[Track]:
        """Tracks, in the order of their start."""
        query = {
            "camera_id": camera_id,
            "recording_id": recording_id,
            "class": object_class,
            "from": from_time,
            "until": until_time,
        }
        return self._pages("/v1/tracks", Track, query)

    def track(self, track_id: UUID) -> TrackDetail:
        """One track with its path and crops."""
        return self._get(f"/v1/tracks/{track_id}", TrackDetail)

    # Reports

    def create_report(
        self,
        title: str,
        items: Sequence[ReportItemNew],
        *,
        time_zone: str = "UTC",
        query: str = "",
        margin_seconds: float = 2.0,
    ) -> ReportAccepted:
        """Has a report written about chosen hits."""
        body = ReportNew(
            title=title, items=list(items), time_zone=time_zone, query=query, margin_seconds=margin_seconds
        )
        return self._create("/v1/reports", body, ReportAccepted)

    def report(self, report_id: UUID) -> ReportDetail:
        """One report with links to its PDF and clips."""
        return self._get(f"/v1/reports/{report_id}", ReportDetail)

    def follow_report(self, report_id: UUID, *, seconds: float = 600, interval: float = 0.5) -> ReportDetail:
        """Waits until the report is ready or failed. Raises NotFinishedError."""
        return _follow(
            lambda: self.report(report_id), lambda report: report.state != ReportState.PENDING, None, seconds, interval
        )

    # Media

    def fetch(self, url: str) -> bytes:
        """The bytes behind a signed link."""
        try:
            answer = self._objects.get(url)
        except httpx.TransportError as error:
            raise GatewayUnreachableError(url.split("?", maxsplit=1)[0], str(error)) from error
        return answer.raise_for_status().content

    # The way there

    def ready(self) -> bool:
        """Whether the gateway and what it stands on answer."""
        try:
            return self._http.get("/v1/health/ready").is_success
        except httpx.TransportError:
            return False

    def _put_part(
        self, path: Path, size: int, opened: RecordingOpened, number: int, on_bytes: OnBytes | None
    ) -> PartDone:
        upload = opened.upload
        offset = (number - 1) * upload.part_bytes
        length = min(upload.part_bytes, size - offset)
        urls = {part.number: part.url for part in upload.parts}
        for attempt in range(1, _ATTEMPTS + 1):
            sent = 0

            def chunks() -> Iterator[bytes]:
                nonlocal sent
                with path.open("rb") as file:
                    file.seek(offset)
                    while sent < length:
                        chunk = file.read(min(_CHUNK_BYTES, length - sent))
                        if not chunk:
                            raise CommandFailed(f"{path} became shorter while it was read")
                        sent += len(chunk)
                        yield chunk
                        if on_bytes is not None:
                            on_bytes(len(chunk))

            url = urls.get(number) or self._sign_part(opened.id, number)
            try:
                answer = self._objects.put(url, content=chunks(), headers={"Content-Length": str(length)})
            except httpx.TransportError as error:
                cause = str(error) or type(error).__name__
            else:
                if answer.is_success:
                    return PartDone(number=number, etag=answer.headers["ETag"])
                cause = f"HTTP {answer.status_code}"
                # The link may have expired: ask for a fresh one.
                urls.pop(number, None)
            if on_bytes is not None:
                on_bytes(-sent)
            if attempt < _ATTEMPTS:
                time.sleep(0.5 * 2**attempt)
        raise GatewayUnreachableError(url.split("?", maxsplit=1)[0], cause)

    def _sign_part(self, recording_id: UUID, number: int) -> str:
        answer = self._send("GET", f"/v1/recordings/{recording_id}/parts", params={"numbers": str(number)})
        return self._answer(answer, UploadLinks).parts[0].url

    def _pages(self, path: str, item: type[T], query: Mapping[str, Any]) -> Iterator[T]:
        parameters = {name: _written(value) for name, value in query.items() if value is not None}
        while True:
            page = self._answer(self._send("GET", path, params=parameters), Page[item])  # type: ignore[valid-type]
            yield from page.items
            if page.next_cursor is None:
                return
            parameters["cursor"] = page.next_cursor

    def _get(self, path: str, kind: type[T]) -> T:
        return self._answer(self._send("GET", path), kind)

    def _create(self, path: str, body: msgspec.Struct | None, kind: type[T]) -> T:
        content = b"" if body is None else msgspec.json.encode(body)
        # The key makes it safe to send again where the answer was lost.
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        return self._answer(self._send("POST", path, content=content, headers=headers), kind)

    def _change(self, path: str, body: msgspec.Struct, version: int, kind: type[T]) -> T:
        headers = {"If-Match": f'"{version}"'}
        return self._answer(self._send("PATCH", path, content=msgspec.json.encode(body), headers=headers), kind)

    def _send(
        self,
        method: str,
        path: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        headers = dict(headers or {})
        if content:
            headers.setdefault("Content-Type", "application/json")
        repeatable = method != "POST" or "Idempotency-Key" in headers
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                answer = self._http.request(method, path, content=content or None, headers=headers, params=params)
            except httpx.ConnectError as error:
                raise GatewayUnreachableError(self.url, str(error)) from error
            except httpx.TransportError as error:
                if not repeatable or attempt == _ATTEMPTS:
                    raise GatewayUnreachableError(self.url, str(error) or type(error).__name__) from error
            else:
                if answer.status_code not in {502, 503} or not repeatable or attempt == _ATTEMPTS:
                    return answer
            time.sleep(0.25 * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    def _answer(self, answer: httpx.Response, kind: type[T]) -> T:
        if not answer.is_success:
            raise GatewayRefusedError(_problem(answer))
        return msgspec.json.decode(answer.content, type=kind)


def open_client(state: Path | None = None) -> Client:
    """The gateway that the environment or the local stack names. Raises CommandFailed where there is none."""
    url = os.environ.get("SIGHTLINE_URL", "")
    key = os.environ.get("SIGHTLINE_API_KEY", "")
    if url and key:
        return Client(url, key)
    if url or key:
        missing = "SIGHTLINE_API_KEY" if url else "SIGHTLINE_URL"
        raise CommandFailed(f"{missing} is not set", hint="Set both SIGHTLINE_URL and SIGHTLINE_API_KEY.", exit_code=2)
    from infra.cli.tenants import local_access

    access = local_access(state)
    return Client(access.url, access.key)


@contextmanager
def gateway(state: Path | None = None) -> Iterator[Client]:
    """The client for a command: what goes wrong is told to a person, with an exit code."""
    with open_client(state) as client:
        try:
            yield client
        except GatewayRefusedError as error:
            raise CommandFailed(str(error), hint=_HINTS.get(error.status, "")) from error
        except GatewayUnreachableError as error:
            raise CommandFailed(
                str(error), hint="Is the stack up? sightline status", exit_code=EXIT_UNREACHABLE
            ) from error
        except NotFinishedError as error:
            raise CommandFailed(str(error), hint="See how far it is: sightline jobs list") from error


def known_camera(client: Client, name: str) -> Camera:
    """The camera of that name. Raises CommandFailed where there is none."""
    found = client.camera(name)
    if found is None:
        raise CommandFailed(f"there is no camera {name!r}", hint="See them: sightline cameras list")
    return found


def instant(text: str | None, option: str) -> datetime | None:
    """A time given on the command line. Raises CommandFailed where it has no offset: what it would mean is not
    guessed."""
    if text is None:
        return None
    hint = "Such as 2026-03-02T08:00:00+01:00"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandFailed(f"{option} {text!r} is not a time", hint=hint, exit_code=2) from error
    if moment.tzinfo is None:
        raise CommandFailed(f"{option} {text!r} has no offset from UTC", hint=hint, exit_code=2)
    return moment


_HINTS = {
    401: "Make a key: sightline keys create",
    403: "Make a key with this scope: sightline keys create --scope …",
    503: "Something is down: sightline status",
    504: "Are the search workers up? sightline status",
}


def _problem(answer: httpx.Response) -> ProblemBody:
    try:
        return msgspec.json.decode(answer.content, type=ProblemBody)
    except msgspec.MsgspecError:
        # Something in between (a proxy) answered in its own words.
        return ProblemBody(
            type="about:blank",
            title=answer.reason_phrase,
            status=answer.status_code,
            detail=f"HTTP {answer.status_code} {answer.reason_phrase}",
            request_id="",
        )


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _follow(
    look: Callable[[], T],
    over: Callable[[T], bool],
    on_change: Callable[[T], None] | None,
    seconds: float,
    interval: float,
) -> T:
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if on_change is not None:
            on_change(seen)
        if over(seen):
            return seen
        if time.monotonic() > deadline:
            raise NotFinishedError(f"not over after {seconds:g} s: {seen}")
        time.sleep(interval)
