"""Bodies of a kind that a route does not take are refused before they are read."""

from typing import Any

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from gateway.refusals import MediaTypeError

RAW_BODY = "raw_body"
"""Routes that read the body themselves name the media types they take in their `opt` under this word."""

_JSON = "application/json"


class MediaTypes(ASGIMiddleware):
    """Lets through JSON, or what the route names."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """One request."""
        handler: Any = scope["route_handler"]
        given = Headers.from_scope(scope).get("content-type", "").partition(";")[0].strip().lower()
        if given and scope.get("method") in {"POST", "PATCH", "PUT"} and not _taken(given, handler.opt.get(RAW_BODY)):
            raise MediaTypeError(f"{', '.join(handler.opt.get(RAW_BODY, (_JSON,)))}, not {given}")
        await next_app(scope, receive, send)


def _taken(given: str, named: tuple[str, ...] | None) -> bool:
    if named is None:
        return given == _JSON
    # Of the pictures and films that a route takes, any kind may be claimed: what counts is what the bytes are.
    families = {name.partition("/")[0] for name in named} & {"image", "video"}
    return given in named or given.partition("/")[0] in families
