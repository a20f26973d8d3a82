"""Access to Postgres: a pool for each process, and transactions bound to a tenant."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from select import POLLIN, poll
from threading import Lock
from typing import Any
from uuid import UUID
from weakref import WeakSet

import psycopg
from opentelemetry import trace
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool

Connection = psycopg.Connection[DictRow]
"""A connection whose rows are dictionaries."""

_TRACER = trace.get_tracer(__name__)


_DATABASES: "WeakSet[Database]" = WeakSet()


def _renew_locks() -> None:
    """After a fork, in the child. A thread of the parent (a worker's reconciler) may have held a lock in that instant:
    its copy here would never be let go, and the worker would hang at its first job."""
    for database in list(_DATABASES):
        database.renew_lock()


os.register_at_fork(after_in_child=_renew_locks)


class Database:
    """The one Postgres, seen by one role. Safe to make before a fork: the process that uses it opens its own pool."""

    def __init__(self, dsn: str, *, pool_size: int = 4) -> None:
        self._dsn = dsn
        self._pool_size = pool_size
        self._pool: ConnectionPool[Connection] | None = None
        self._pid = 0
        self._lock = Lock()
        _DATABASES.add(self)

    @contextmanager
    def transaction(self, tenant_id: UUID) -> Iterator[Connection]:
        """A transaction that sees and writes only this tenant's rows (row-level security)."""
        with self._connection() as connection:
            # One message; the pool's block commits, or rolls back after an exception. Only a UUID has a `hex`.
            connection.execute(f"BEGIN; SET LOCAL sightline.tenant = '{tenant_id.hex}'".encode(), prepare=False)
            with _span("postgres transaction"):
                yield connection

    @contextmanager
    def system_transaction(self) -> Iterator[Connection]:
        """A transaction without a tenant: row-level security hides every row, so only definer functions answer."""
        with self._connection() as connection, connection.transaction():
            yield connection

    def renew_lock(self) -> None:
        """For a process that was just forked: nobody in it holds the lock."""
        self._lock = Lock()

    def close(self) -> None:
        """Closes the pool; the next transaction opens it again."""
        with self._lock:
            if self._pool is not None and self._pid == os.getpid():
                self._pool.close()
            self._pool = None

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        with self._open().connection() as connection:
            yield connection

    def _open(self) -> ConnectionPool[Connection]:
        with self._lock:
            if self._pool is None or self._pid != os.getpid():
                self._pool = ConnectionPool(
                    self._dsn,
                    min_size=0,
                    max_size=self._pool_size,
                    timeout=30,
                    check=_check,
                    kwargs={"row_factory": dict_row, "autocommit": True, "application_name": "sightline"},
                    open=True,
                )
                self._pid = os.getpid()
            return self._pool


def _check(connection: Connection) -> None:
    """Before each use. A server that was restarted leaves dead connections behind, whose sockets then can be read. Only
    a connection that has something to say is asked whether it lives: asking takes as long as a small query."""
    socket = poll()
    socket.register(connection.fileno(), POLLIN)
    if socket.poll(0):
        ConnectionPool.check_connection(connection)


@contextmanager
def _span(name: str) -> Iterator[Any]:
    with _TRACER.start_as_current_span(
        name, kind=trace.SpanKind.CLIENT, attributes={"db.system": "postgresql"}
    ) as span:
        yield span
