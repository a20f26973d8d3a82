"""Every failure leaves as RFC 9457 problem details."""

import logging
import re
from http import HTTPStatus
from typing import Any

import psycopg
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap
from psycopg_pool import PoolTimeout

from gateway.bodies.form import FieldError, ProblemBody
from gateway.refusals import InvalidFieldError, RefusedError, StaleVersionError
from gateway.web.observation import request_id_of
from kit.objects import ObjectsUnavailableError

_LOG = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

_OF_THE_FRAMEWORK = {
    400: "malformed",
    404: "no-such-route",
    405: "method-not-allowed",
    413: "too-large",
}

AnyRequest = Request[Any, Any, Any]


def problem_response(
    request: AnyRequest,
    *,
    status: int,
    code: str,
    title: str,
    detail: str,
    errors: list[FieldError] | None = None,
    headers: dict[str, str] | None = None,
) -> Response[ProblemBody]:
    """One problem as a response."""
    body = ProblemBody(
        type=f"urn:sightline:problem:{code}",
        title=title,
        status=status,
        detail=detail,
        request_id=request_id_of(request.scope),
        errors=errors or [],
    )
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=headers or {})


def _refused(request: AnyRequest, error: RefusedError) -> Response[ProblemBody]:
    headers: dict[str, str] = {}
    errors: list[FieldError] = []
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="sightline"'
    if error.status == 503:
        headers["Retry-After"] = "5"
    if isinstance(error, StaleVersionError):
        headers["ETag"] = f'"{error.current}"'
    if isinstance(error, InvalidFieldError):
        errors.append(FieldError(field=error.field, message=error.message, source=error.source))
    return problem_response(
        request,
        status=error.status,
        code=error.code,
        title=error.title,
        detail=str(error),
        errors=errors,
        headers=headers,
    )


def _invalid(request: AnyRequest, error: ValidationException) -> Response[ProblemBody]:
    """A request whose fields do not fit: names each of them."""
    found = error.extra if isinstance(error.extra, list) else []
    errors = [_field_error(entry) for entry in found if isinstance(entry, dict)]
    named = ", ".join(entry.field for entry in errors)
    return problem_response(
        request,
        status=422,
        code=InvalidFieldError.code,
        title=InvalidFieldError.title,
        detail=f"these do not fit: {named}" if named else str(error.detail),
        errors=errors,
    )


def _field_error(entry: dict[str, Any]) -> FieldError:
    # `parts[0].etag` is told as parts.0.etag, a value of `external_ids[...]` as external_ids.
    field = re.sub(r"\[(\d+)\]", r".\1", str(entry.get("key", "")).replace("[...]", "")).removeprefix("data.")
    message = str(entry.get("message", "")).removeprefix("Object ")
    if message.startswith("contains unknown field "):
        # The name stands in the message alone.
        unknown = message.removeprefix("contains unknown field ").strip("`")
        field = unknown if field in {"data", ""} else f"{field}.{unknown}"
        message = "there is no such field"
    elif message.startswith("missing required field "):
        missing = message.removeprefix("missing required field ").strip("`")
        field = missing if field in {"data", ""} else f"{field}.{missing}"
        message = "is needed"
    source = getattr(entry.get("source"), "value", entry.get("source")) or "body"
    return FieldError(field="body" if field in {"data", ""} else field, message=message, source=str(source))


def _framework(request: AnyRequest, error: HTTPException) -> Response[ProblemBody]:
    if error.status_code >= 500:
        _LOG.error("request failed", exc_info=error)
    phrase = HTTPStatus(error.status_code).phrase
    code = _OF_THE_FRAMEWORK.get(error.status_code, phrase.lower().replace(" ", "-"))
    detail = str(error.detail) or phrase
    if error.status_code == 404:
        detail = f"there is nothing at {request.scope['path']}"
    elif error.status_code == 405:
        detail = f"{request.scope['method']} is not possible here"
    elif error.status_code == 413:
        detail = "the body is larger than is taken here"
    elif error.status_code >= 500:
        detail = "something went wrong; the log has the request id"
    return problem_response(
        request,
        status=error.status_code,
        code=code,
        title=phrase,
        detail=detail,
        headers=dict(error.headers or {}),
    )


def _not_text(request: AnyRequest, error: UnicodeDecodeError) -> Response[ProblemBody]:  # noqa: ARG001
    return problem_response(
        request, status=400, code="malformed", title="Bad Request", detail="the body is not UTF-8 text"
    )


def _cannot_be_kept(request: AnyRequest, error: psycopg.DataError) -> Response[ProblemBody]:
    """Text that is well formed but that Postgres does not keep, such as one with a NUL."""
    _LOG.warning("a value cannot be kept", extra={"cause": str(error)})
    return problem_response(
        request,
        status=422,
        code=InvalidFieldError.code,
        title=InvalidFieldError.title,
        detail="a text holds a character that cannot be kept (NUL), or a number is out of range",
    )


def _unavailable(request: AnyRequest, error: Exception) -> Response[ProblemBody]:
    part = "object store" if isinstance(error, ObjectsUnavailableError) else "database"
    _LOG.error("%s does not answer", part, exc_info=error)
    return problem_response(
        request,
        status=503,
        code="unavailable",
        title="Not available now",
        detail=f"the {part} does not answer: try again in a moment",
        headers={"Retry-After": "5"},
    )


def _broken(request: AnyRequest, error: Exception) -> Response[ProblemBody]:
    _LOG.error("request failed", exc_info=error)
    return problem_response(
        request,
        status=500,
        code="internal",
        title="Internal Server Error",
        detail="something went wrong; the log has the request id",
    )


EXCEPTION_HANDLERS: ExceptionHandlersMap = {
    RefusedError: _refused,
    ValidationException: _invalid,
    HTTPException: _framework,
    UnicodeDecodeError: _not_text,
    psycopg.DataError: _cannot_be_kept,
    ObjectsUnavailableError: _unavailable,
    psycopg.OperationalError: _unavailable,
    PoolTimeout: _unavailable,
    Exception: _broken,
}
"""By kind of failure, most general last."""
