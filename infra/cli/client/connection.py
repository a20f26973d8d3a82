"""The way to the gateway: requests that are sent again where that is safe, answers decoded, problems raised."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import msgspec

from gateway.bodies.form import Page, ProblemBody

T = TypeVar("T")

ATTEMPTS = 4


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


class Connection:
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

    def ready(self) -> bool:
        """Whether the gateway and what it stands on answer."""
        try:
            return self._http.get("/v1/health/ready").is_success
        except httpx.TransportError:
            return False

    def fetch(self, url: str) -> bytes:
        """The bytes behind a signed link."""
        try:
            answer = self._objects.get(url)
        except httpx.TransportError as error:
            raise GatewayUnreachableError(url.split("?", maxsplit=1)[0], str(error)) from error
        return answer.raise_for_status().content

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
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self._http.request(method, path, content=content or None, headers=headers, params=params)
            except httpx.ConnectError as error:
                raise GatewayUnreachableError(self.url, str(error)) from error
            except httpx.TransportError as error:
                if not repeatable or attempt == ATTEMPTS:
                    raise GatewayUnreachableError(self.url, str(error) or type(error).__name__) from error
            else:
                if answer.status_code not in {502, 503} or not repeatable or attempt == ATTEMPTS:
                    return answer
            time.sleep(0.25 * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    def _answer(self, answer: httpx.Response, kind: type[T]) -> T:
        if not answer.is_success:
            raise GatewayRefusedError(_problem(answer))
        return msgspec.json.decode(answer.content, type=kind)


def follow(
    look: Callable[[], T],
    over: Callable[[T], bool],
    on_change: Callable[[T], None] | None,
    seconds: float,
    interval: float,
) -> T:
    """Looks until it is over. Raises NotFinishedError."""
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
