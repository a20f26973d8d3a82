"""Brings a database to the newest schema: plain SQL files, in order, each in its own transaction, never backwards."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

MIGRATIONS = Path(__file__).parent / "migrations"
"""Where the files lie."""

OWNER = "sightline_owner"
"""Owns everything; row-level security does not bind it."""

SERVICE_ROLES = ("sightline_gateway", "sightline_ingest", "sightline_embed", "sightline_search", "sightline_report")
"""The roles that processes log in with."""

READER = "sightline_reader"
"""Owns the views through which services read one another; cannot log in; bound by row-level security."""

LOCK_TIMEOUT = "10s"
"""A migration that cannot get its locks in this time gives up rather than block the traffic behind it."""

_ADVISORY_LOCK = 0x5167_686C


class MigrationChangedError(Exception):
    """A file that was applied before has since been edited."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"migration {name} was changed after it was applied: restore the file and write a new migration"
        )
        self.name = name


@dataclass(frozen=True)
class Migration:
    """One file of SQL."""

    name: str
    """File name without its ending, `NNNN_what_it_does`."""
    text: str
    """The SQL."""

    @property
    def digest(self) -> str:
        """SHA-256 of the text, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """The files in their order."""
    return [Migration(path.stem, path.read_text(encoding="utf-8")) for path in sorted(folder.glob("[0-9]*.sql"))]


def ensure_roles(superuser_dsn: str, passwords: Mapping[str, str]) -> None:
    """Makes the roles where they are missing and sets the given passwords (role → password)."""
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        for role in (OWNER, READER, *SERVICE_ROLES):
            exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
            if not exists:
                connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        connection.execute(f"ALTER ROLE {OWNER} BYPASSRLS LOGIN")
        for role in SERVICE_ROLES:
            connection.execute(sql.SQL("ALTER ROLE {} LOGIN NOBYPASSRLS").format(sql.Identifier(role)))
        for role, password in passwords.items():
            connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))
        connection.execute(f"GRANT {READER} TO {OWNER}")
        database = connection.info.dbname
        connection.execute(
            sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(sql.Identifier(database), sql.Identifier(OWNER))
        )
        connection.execute(f"GRANT CREATE, USAGE ON SCHEMA public TO {OWNER}")
        # The extension is not "trusted", so only a superuser can create it.
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")


def migrate(dsn: str) -> list[str]:
    """Applies what is missing, as sightline_owner (or a role that may become it). Returns the names applied.

    Raises MigrationChangedError where an applied file was edited, and psycopg's errors where a statement fails; the
    failing file leaves nothing behind.
    """
    applied: list[str] = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_ADVISORY_LOCK,))
        connection.execute(f"SET ROLE {OWNER}")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS public.migrations"
            " (name text PRIMARY KEY, digest text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        known: dict[str, str] = dict(connection.execute("SELECT name, digest FROM public.migrations").fetchall())
        for migration in read_migrations():
            if migration.name in known:
                if known[migration.name] != migration.digest:
                    raise MigrationChangedError(migration.name)
                continue
            with connection.transaction():
                # Anew for each: a file may have taken another role and given it back.
                connection.execute(f"SET ROLE {OWNER}")
                connection.execute("SELECT set_config('lock_timeout', %s, true)", (LOCK_TIMEOUT,))
                # Files of this repository, reviewed like code: as literal as any other SQL here.
                connection.execute(migration.text)
                connection.execute(
                    "INSERT INTO public.migrations (name, digest) VALUES (%s, %s)", (migration.name, migration.digest)
                )
            applied.append(migration.name)
    return applied


def main() -> None:
    """Entry point of the images' migration step: reads its DSNs and passwords from the environment."""
    superuser_dsn = os.environ["SIGHTLINE_POSTGRES_SUPERUSER_DSN"]
    passwords = {role: os.environ[f"{role.upper()}_PASSWORD"] for role in (OWNER, *SERVICE_ROLES)}
    ensure_roles(superuser_dsn, passwords)
    migrate(superuser_dsn)


if __name__ == "__main__":
    main()
