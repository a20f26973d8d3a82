"""All of Swift in one process: account, container and object servers behind the proxy with its S3 door.

Run as a program: `python -m infra.embedded.swift_server FOLDER`, where FOLDER holds what `swift.py` writes. The servers
behind the proxy trust whoever reaches them, and on loopback every user of the machine does; so what the proxy sends
carries a secret, and the rest is turned away.
"""
# ruff: noqa: E402  eventlet replaces sockets and threads before anything imports them

from __future__ import annotations

import eventlet

eventlet.monkey_patch()

import hmac
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from eventlet import wsgi
from swift.common import bufferedhttp, utils
from swift.common.ring import RingBuilder
from swift.common.storage_policy import reload_storage_policies
from swift.common.utils import logs
from swift.common.wsgi import SwiftHttpProtocol, loadapp
from swift.obj.updater import ObjectUpdater

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_SECRET_HEADER = "X-Backend-Sightline-Secret"  # noqa: S105  its name, not its value
_DEVICE = "disk"
_PART_POWER = 4
_SWEEP_EVERY_S = 20.0
_CACHE_ENTRIES = 50_000


class ProcessCache:
    """What Swift asks of memcached, in this process alone: it is the only one there is."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Any, float]] = {}

    def get(self, key: str, raise_on_error: bool = False) -> Any:  # noqa: ARG002  memcached's signature
        """The value last set, or None once it expired."""
        value, expires = self._entries.get(key, (None, 0.0))
        if expires and expires < time.time():
            del self._entries[key]
            return None
        return value

    def set(  # noqa: PLR0917  memcached's signature
        self,
        key: str,
        value: Any,
        serialize: bool = True,
        time: float = 0,
        min_compress_len: int = 0,  # noqa: ARG002
        raise_on_error: bool = False,  # noqa: ARG002
    ) -> None:
        """Keep a value for `time` seconds, or without end for 0."""
        if len(self._entries) >= _CACHE_ENTRIES:
            self._entries.clear()
        # Through JSON, because callers change what they passed and expect lists where they put tuples.
        self._entries[key] = (json.loads(json.dumps(value)) if serialize else value, _expiry(time))

    def delete(self, key: str, server_key: str | None = None) -> None:  # noqa: ARG002
        """Forget a value."""
        self._entries.pop(key, None)

    def incr(self, key: str, delta: int = 1, time: float = 0) -> int:
        """Add to a counter that never goes below zero; returns it."""
        value = max(0, int(self.get(key) or 0) + int(delta))
        self._entries[key] = (value, _expiry(time))
        return value

    def decr(self, key: str, delta: int = 1, time: float = 0) -> int:
        """Take from a counter."""
        return self.incr(key, -int(delta), time)

    def get_multi(self, keys: Iterable[str], server_key: str | None = None) -> list[Any]:  # noqa: ARG002
        """Several values, in the order of the keys."""
        return [self.get(key) for key in keys]

    def set_multi(
        self,
        mapping: Mapping[str, Any],
        server_key: str | None = None,  # noqa: ARG002
        serialize: bool = True,
        time: float = 0,
        min_compress_len: int = 0,  # noqa: ARG002
    ) -> None:
        """Keep several values."""
        for key, value in mapping.items():
            self.set(key, value, serialize, time)


def _expiry(seconds: float) -> float:
    return time.time() + seconds if seconds else 0.0


def with_cache(application: Application, cache: ProcessCache) -> Application:
    """Give every request the process's cache, where Swift looks for memcached."""

    def cached(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["swift.cache"] = cache
        return application(environ, start_response)

    return cached


def only_with_secret(application: Application, secret: str) -> Application:
    """Turn away requests that do not come from this process's proxy."""
    key = "HTTP_" + _SECRET_HEADER.upper().replace("-", "_")

    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not hmac.compare_digest(environ.get(key, "").encode(), secret.encode()):
            start_response("403 Forbidden", [("Content-Type", "text/plain"), ("Content-Length", "0")])
            return [b""]
        return application(environ, start_response)

    return guarded


def send_secret(secret: str) -> None:
    """Add the secret to every request that Swift makes to its own servers."""
    connect = bufferedhttp.http_connect_raw

    def connect_with_secret(
        ipaddr: str,
        port: int,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        *rest: Any,
        **more: Any,
    ) -> Any:
        return connect(ipaddr, port, method, path, {**(headers or {}), _SECRET_HEADER: secret}, *rest, **more)

    bufferedhttp.http_connect_raw = connect_with_secret


def log_to_stderr() -> None:
    """Send Swift's logs to stderr, where the supervisor keeps them, and not to the machine's syslog."""

    class NoSyslog(logging.NullHandler):
        def __init__(self, *_: object, **__: object) -> None:
            super().__init__()

    logs.ThreadSafeSysLogHandler = NoSyslog
    logs.get_swift_logger.console_handler4logger = {}


def write_rings(folder: Path, ports: Mapping[str, int]) -> None:
    """Tell Swift where its one disk is served; at every start, because ports may have changed."""
    for kind, port in ports.items():
        builder = RingBuilder(_PART_POWER, 1, 0)
        builder.add_dev(
            {
                "id": 0,
                "region": 1,
                "zone": 1,
                "weight": 1,
                "ip": "127.0.0.1",
                "port": port,
                "replication_ip": "127.0.0.1",
                "replication_port": port,
                "device": _DEVICE,
            }
        )
        builder.rebalance(seed=1)
        fresh = folder / f".{kind}.ring.gz"
        builder.get_ring().save(str(fresh))
        fresh.replace(folder / f"{kind}.ring.gz")


def finish_listings(folder: Path, log: logging.Logger) -> None:
    """For ever: bring listings up to date with objects whose own update was cut off, by a crash or by load."""
    settings = utils.readconf(str(folder / "object-server.conf"), "object-updater", log_name="object-updater")
    updater = ObjectUpdater(settings)
    while True:
        try:
            updater.object_sweep(str(folder / "devices" / _DEVICE))
        except Exception:
            # Tried again at the next sweep; the server must go on serving.
            log.exception("sweep of pending listing updates failed")
        eventlet.sleep(_SWEEP_EVERY_S)


def serve(folder: Path, proxy_port: int, ports: Mapping[str, int], secret: str) -> None:
    """Serve until a signal ends the process."""
    log_to_stderr()
    utils.set_swift_dir(str(folder))
    reload_storage_policies()
    write_rings(folder, ports)
    send_secret(secret)
    log = logging.getLogger("swift-server")
    pool = eventlet.GreenPool()

    def spawn(application: Application, port: int) -> None:
        pool.spawn(
            wsgi.server,
            eventlet.listen(("127.0.0.1", port), reuse_port=False),
            application,
            log,
            protocol=SwiftHttpProtocol,
            custom_pool=eventlet.GreenPool(256),
            log_output=False,
            capitalize_response_headers=False,
            keepalive=60,
        )

    for kind, port in ports.items():
        spawn(only_with_secret(loadapp(str(folder / f"{kind}-server.conf")), secret), port)
    spawn(with_cache(loadapp(str(folder / "proxy-server.conf")), ProcessCache()), proxy_port)
    pool.spawn(finish_listings, folder, log)
    pool.waitall()


def main() -> None:
    """Read where to serve from the environment that `swift.py` gives."""
    # Objects are synced before they are acknowledged, so there is nothing to finish on the way out.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    ports = {
        kind: int(port)
        for kind, _, port in (entry.partition("=") for entry in os.environ["SIGHTLINE_SWIFT_PORTS"].split(","))
    }
    serve(
        Path(sys.argv[1]),
        int(os.environ["SIGHTLINE_SWIFT_PROXY_PORT"]),
        ports,
        os.environ["SIGHTLINE_SWIFT_INTERNAL_SECRET"],
    )


if __name__ == "__main__":
    main()
