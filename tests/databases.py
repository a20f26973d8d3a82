"""A fresh, migrated database for a test: cloned from a template, which takes a tenth of a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from infra.postgres.migrate import OWNER, SERVICE_ROLES, ensure_roles, migrate
from kit.postgres import Database

TEMPLATE = "sightline_template"
"""The database that tests are cloned from."""


@dataclass(frozen=True)
class ServiceDatabases:
    """One test's database, as each role may open it."""

    superuser_dsn: str
    passwords: dict[str, str]

    def dsn(self, role: str) -> str:
        """The DSN of a role."""
        return make_conninfo(self.superuser_dsn, user=role, password=self.passwords[role])

    def open(self, role: str) -> Database:
        """The database as this role sees it; close it at the end."""
        return Database(self.dsn(role))


def prepare_template(superuser_dsn: str, passwords: dict[str, str]) -> None:
    """Makes the migrated template, once for a session."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(TEMPLATE)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    template = make_conninfo(superuser_dsn, dbname=TEMPLATE)
    ensure_roles(template, passwords)
    migrate(template)


@contextmanager
def cloned(superuser_dsn: str, passwords: dict[str, str]) -> Iterator[ServiceDatabases]:
    """A clone of the template, dropped afterwards."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(TEMPLATE))
        )
        try:
            yield ServiceDatabases(make_conninfo(superuser_dsn, dbname=name), passwords)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


ROLES = (OWNER, *SERVICE_ROLES)
"""The roles that have passwords."""
