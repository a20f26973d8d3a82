"""API keys in Postgres."""

from pathlib import Path

from gateway.model import Caller, key_hash
from kit.postgres import Database
from kit.sql import Statements

_SQL = Statements(Path(__file__).with_name("keys.sql"))


class Keys:
    """Finds the caller behind a key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def caller(self, key: str) -> Caller | None:
        """The caller with this live key; None for an unknown, expired or revoked one."""
        with self._database.system_transaction() as connection:
            connection.execute(_SQL["hurry"])
            row = connection.execute(_SQL["authenticate"], {"secret_hash": key_hash(key)}).fetchone()
        if row is None:
            return None
        return Caller(
            key_id=row["key_id"],
            tenant_id=row["tenant_id"],
            name=row["name"],
            scopes=frozenset(row["scopes"]),
            camera_ids=None if row["camera_ids"] is None else tuple(row["camera_ids"]),
        )
