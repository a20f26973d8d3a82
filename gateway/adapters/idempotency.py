"""Answers kept under their Idempotency-Key, in Postgres."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from psycopg.types.json import Jsonb

from gateway.refusals import KeyBusyError, KeyReusedError
from kit.postgres import Database
from kit.sql import Statements

_SQL = Statements(Path(__file__).with_name("idempotency.sql"))

_PURGE_SHARE = 0.01
"""One claim in a hundred clears its tenant's old keys away."""


@dataclass(frozen=True)
class KeptAnswer:
    """What was answered the first time."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class KeptAnswers:
    """The answers of the last day."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, tenant_id: UUID, key: str, request_hash: bytes) -> KeptAnswer | None:
        """None: the key is ours, do the work. Else the first answer. Raises KeyReusedError, KeyBusyError."""
        scope = {"tenant_id": tenant_id, "key": key}
        with self._database.transaction(tenant_id) as connection:
            if random.random() < _PURGE_SHARE:  # noqa: S311 (spreads the clearing)
                connection.execute(_SQL["purge"], {"tenant_id": tenant_id})
            if connection.execute(_SQL["claim"], {**scope, "request_hash": request_hash}).fetchone() is not None:
                return None
            row = connection.execute(_SQL["get"], scope).fetchone()
        if row is None:
            # Released in between: the next request will have it.
            raise KeyBusyError
        if bytes(row["request_hash"]) != request_hash:
            raise KeyReusedError
        if row["status"] is None:
            raise KeyBusyError
        return KeptAnswer(row["status"], row["headers"], bytes(row["body"]))

    def keep(self, tenant_id: UUID, key: str, request_hash: bytes, answer: KeptAnswer) -> None:
        """Remembers an answer."""
        parameters = {
            "tenant_id": tenant_id,
            "key": key,
            "request_hash": request_hash,
            "status": answer.status,
            "body": answer.body,
            "headers": Jsonb(dict(answer.headers)),
        }
        with self._database.transaction(tenant_id) as connection:
            connection.execute(_SQL["keep"], parameters)

    def release(self, tenant_id: UUID, key: str, request_hash: bytes) -> None:
        """Frees the key of a request that failed."""
        parameters = {"tenant_id": tenant_id, "key": key, "request_hash": request_hash}
        with self._database.transaction(tenant_id) as connection:
            connection.execute(_SQL["release"], parameters)
