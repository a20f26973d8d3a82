"""`Idempotency-Key`: the same request sent again is answered as the first time, and done once."""

import hashlib
import re
import tempfile
from collections.abc import Awaitable, Callable
from typing import IO, Any

from anyio import to_thread
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPRequestEvent, Message, Receive, Scope, Send

from gateway.adapters.idempotency import KeptAnswer, KeptAnswers
from gateway.model import Caller
from gateway.refusals import InvalidFieldError, UploadTooLargeError

CREATES = "creates"
"""Routes that take an Idempotency-Key say so in their `opt` under this word."""

REPLAYED_HEADER = "Idempotency-Replayed"

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_IN_MEMORY_BYTES = 1024 * 1024
_CHUNK_BYTES = 256 * 1024
_KEPT_HEADERS = ("content-type", "location", "etag")


class Idempotency(ASGIMiddleware):
    """Keeps the answers to requests that create, under the keys they came with."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, kept: KeptAnswers) -> None:
        self._kept = kept

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """One request."""
        handler: Any = scope["route_handler"]
        key = Headers.from_scope(scope).get("idempotency-key")
        if key is None or not handler.opt.get(CREATES):
            await next_app(scope, receive, send)
            return
        if _KEY.fullmatch(key) is None:
            raise InvalidFieldError("Idempotency-Key", "must be 1 to 255 printable characters", "header")
        caller: Caller = scope["user"]
        # Large bodies go to disk, so that they can be hashed before they are handed on.
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as body:
            digest = hashlib.sha256()
            for part in (
                str(caller.key_id),
                str(scope.get("method")),
                scope["path"],
                scope["query_string"].decode("latin-1"),
            ):
                digest.update(part.encode() + b"\0")
            if not await _read_body(receive, body, digest, handler.resolve_request_max_body_size()):
                return
            request_hash = digest.digest()
            known = await to_thread.run_sync(self._kept.claim, caller.tenant_id, key, request_hash)
            if known is not None:
                await _replay(known, send)
                return

            async def keep(answer: KeptAnswer) -> None:
                await to_thread.run_sync(self._kept.keep, caller.tenant_id, key, request_hash, answer)

            collected = _Collected(send, keep)
            try:
                await next_app(scope, _replayed(body, receive), collected)
            finally:
                if not collected.kept:
                    await to_thread.run_sync(self._kept.release, caller.tenant_id, key, request_hash)


class _Collected:
    """Passes an answer on, and keeps it before its end is out: who has read it may ask again at once."""

    def __init__(self, send: Send, keep: Callable[[KeptAnswer], Awaitable[None]]) -> None:
        self._send, self._keep = send, keep
        self._status = 500
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self.kept = False
        """Not where the request failed: it may be tried again under the same key."""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
            self._headers = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
        elif message["type"] == "http.response.body":
            self._body += message["body"]
            if self._status < 300 and not message.get("more_body", False):
                await self._keep(KeptAnswer(self._status, self._headers, bytes(self._body)))
                self.kept = True
        await self._send(message)


async def _read_body(receive: Receive, body: IO[bytes], digest: Any, most_bytes: Any) -> bool:
    """Reads the whole body; False where the client left."""
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return False
        assert message["type"] == "http.request"
        chunk = message["body"]
        size += len(chunk)
        if isinstance(most_bytes, int) and size > most_bytes:
            raise UploadTooLargeError(most_bytes)
        digest.update(chunk)
        body.write(chunk)
        if not message.get("more_body", False):
            body.seek(0)
            return True


def _replayed(body: IO[bytes], receive: Receive) -> Receive:
    over = False

    async def replay() -> Any:
        nonlocal over
        if over:
            return await receive()
        chunk = body.read(_CHUNK_BYTES)
        over = len(chunk) < _CHUNK_BYTES
        event: HTTPRequestEvent = {"type": "http.request", "body": chunk, "more_body": not over}
        return event

    return replay


async def _replay(known: KeptAnswer, send: Send) -> None:
    headers = {**known.headers, REPLAYED_HEADER.lower(): "true", "content-length": str(len(known.body))}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": known.status, "headers": encoded})
    await send({"type": "http.response.body", "body": known.body, "more_body": False})
