"""Around everything: the request's id, its span in the caller's trace, one access line in the log."""

import logging
import re
import time
from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry import metrics, trace
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from kit.telemetry import log_ids

_ACCESS = logging.getLogger("gateway.access")
_TRACER = trace.get_tracer("sightline")
_SECONDS = metrics.get_meter("sightline").create_histogram(
    "sightline.http.seconds", unit="s", description="Requests, by method, route and status"
)
_PROPAGATOR = TraceContextTextMapPropagator()

_REQUEST_ID = re.compile(r"[A-Za-z0-9._\-]{1,128}")
_ID_KEY = "sightline_request_id"
_CALLER_KEY = "sightline_caller"
_QUIET = ("/v1/health/",)
"""Paths that are asked all the time: their access lines are debug."""


def request_id_of(scope: Any) -> str:
    """The id of the request: the client's X-Request-Id, or one made here."""
    return str(scope.get(_ID_KEY, ""))


def name_caller(scope: MutableMapping[str, Any], *, tenant_id: str, key_id: str) -> None:
    """Notes who calls, for the access line and the span."""
    scope[_CALLER_KEY] = {"tenant_id": tenant_id, "key_id": key_id}


class Observed:
    """An ASGI application that is watched from outside, so that what never reaches a route is seen too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        headers = Headers.from_scope(scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else str(uuid4())
        watched: MutableMapping[str, Any] = scope  # type: ignore[assignment]
        watched[_ID_KEY] = request_id
        status = 500

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableScopeHeaders.from_message(message)["X-Request-Id"] = request_id
            await send(message)

        started = time.monotonic()
        carrier = {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
        method = str(watched["method"])
        with (
            log_ids(request_id=request_id),
            _TRACER.start_as_current_span(
                method,
                _PROPAGATOR.extract(carrier),
                kind=SpanKind.SERVER,
                attributes={"http.request.method": method, "url.path": scope["path"], "request.id": request_id},
            ) as span,
        ):
            try:
                await self._app(scope, receive, send_named)
            finally:
                seconds = time.monotonic() - started
                route = str(watched.get("path_template") or "none")
                caller: dict[str, str] = watched.get(_CALLER_KEY, {})
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
                span.set_attribute("http.response.status_code", status)
                for name, value in caller.items():
                    span.set_attribute(f"sightline.{name}", value)
                if status >= 500:
                    span.set_status(Status(StatusCode.ERROR))
                _SECONDS.record(seconds, {"method": method, "route": route, "status": status})
                _ACCESS.log(
                    logging.DEBUG if route.startswith(_QUIET) else logging.INFO,
                    "request",
                    extra={
                        "method": method,
                        "path": scope["path"],
                        "route": route,
                        "status": status,
                        "ms": round(seconds * 1000, 1),
                        **caller,
                    },
                )
