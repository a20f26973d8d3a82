"""Who calls, by `Authorization: Bearer sl_…`, and whether the key may do what the route does."""

from typing import Any

from anyio import to_thread
from litestar import Request
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send

from gateway.adapters.keys import Keys
from gateway.model import KEY_PREFIX, Caller
from gateway.refusals import ScopeMissingError, UnauthenticatedError
from gateway.web.observation import name_caller

NEEDS = "needs"
"""Every route's `opt` names the scope it needs under this word; `PUBLIC` for none."""

PUBLIC = "public"


class Authentication(ASGIMiddleware):
    """Lets through only callers whose key has the scope that the route needs."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """One request."""
        handler: Any = scope["route_handler"]
        # The framework answers OPTIONS itself. Every other route without a word about its scope is a mistake of ours.
        needed = PUBLIC if scope.get("method") == "OPTIONS" else handler.opt[NEEDS]
        if needed != PUBLIC:
            scheme, _, key = Headers.from_scope(scope).get("authorization", "").partition(" ")
            key = key.strip()
            if scheme.lower() != "bearer" or not key.startswith(KEY_PREFIX):
                raise UnauthenticatedError
            caller = await to_thread.run_sync(self._keys.caller, key)
            if caller is None:
                raise UnauthenticatedError
            name_caller(
                scope,  # type: ignore[arg-type]
                tenant_id=str(caller.tenant_id),
                key_id=str(caller.key_id),
            )
            if needed not in caller.scopes:
                raise ScopeMissingError(needed)
            scope["user"] = caller
        await next_app(scope, receive, send)


async def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """The caller, for routes."""
    caller: Caller = request.scope["user"]
    return caller
