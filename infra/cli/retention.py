"""`sightline retention`: how many days of vectors are kept, and letting go of old ones by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.filesize import decimal
from rich.table import Table

from infra.cli.console import CommandFailed, next_steps, out, print_json, say
from infra.cli.tenants import EXIT_UNREACHABLE, role_dsn

commands = typer.Typer(no_args_is_help=True, help="How many days of vectors are kept: show, drop old ones.")

StateOption = Annotated[Path | None, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]
EmbedDsnOption = Annotated[
    str,
    typer.Option(
        "--dsn",
        help="Postgres, as sightline_embed. Without it: the local stack's.",
        envvar="SIGHTLINE_POSTGRES_EMBED_DSN",
        show_default=False,
    ),
]


@dataclass(frozen=True)
class Part:
    """Days (UTC) that lie together in the store, from `first_day` until before `until_day`, and their bytes."""

    first_day: date
    until_day: date
    bytes: int

    @property
    def words(self) -> str:
        """As a person reads it."""
        last = self.until_day - timedelta(days=1)
        return self.first_day.isoformat() if last == self.first_day else f"{self.first_day} – {last}"


def register(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(commands, name="retention")


@commands.command("show", epilog="Example: sightline retention show --json")
def show(dsn: EmbedDsnOption = "", state: StateOption = None, as_json: JsonOption = False) -> None:
    """Show the days whose vectors and attributes are kept, over all tenants, and how many bytes they take."""
    with _database_told():
        parts = _parts(role_dsn(dsn, state, "sightline_embed"))
    if as_json:
        print_json({"parts": parts, "bytes": sum(part.bytes for part in parts)})
        return
    if not parts:
        say("No day is kept yet.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("days")
    table.add_column("size", justify="right")
    for part in parts:
        table.add_row(part.words, decimal(part.bytes))
    out.print(table)
    say(f"{sum((part.until_day - part.first_day).days for part in parts)} days, {decimal(_bytes(parts))}")
    next_steps({"sightline retention drop --keep-days 30": "what would go if the last 30 days were kept"})


@commands.command("drop", epilog="Example: sightline retention drop --keep-days 30 --yes")
def drop(
    *,
    keep_days: Annotated[int, typer.Option("--keep-days", help="Keep so many days that are over.", min=1)],
    yes: Annotated[bool, typer.Option("--yes", help="Do it. Without it only what would go is said.")] = False,
    dsn: EmbedDsnOption = "",
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let go of the vectors and attributes of old days, of all tenants. It cannot be undone.

    Their footage, tracks, events and alerts stay, but searches find nothing of those days any more. The embed service
    does the same by itself where SIGHTLINE_EMBED_KEEP_DAYS is set.
    """
    from services.embed.adapters.upkeep import PostgresTurns

    where = role_dsn(dsn, state, "sightline_embed")
    limit = datetime.now(UTC).date() - timedelta(days=keep_days)
    with _database_told(), PostgresTurns(where).turn() as days:
        if days is None:
            raise CommandFailed("the embed service is busy with the days", hint="Try again in a minute.")
        old = days.before(limit)
        before = _parts(where)
        vectors = sum(days.drop(day) for day in old) if yes else 0
        after = _parts(where) if yes else [part for part in before if part.until_day > limit]
    freed = _bytes(before) - _bytes(after)
    if as_json:
        print_json({"dropped": yes, "days": old, "vectors": vectors, "bytes": freed})
        return
    if not old:
        say(f"Nothing is older than {limit}.")
        return
    span = f"{len(old)} days from {old[0]} to {old[-1]}"
    if yes:
        say(f"[green]✓[/] dropped {span}: {vectors:,} vectors, {decimal(freed)}")
        next_steps({"sightline retention show": "what is left"})
        return
    say(f"Would drop {span}, {decimal(freed)}. Nothing was done.")
    next_steps({f"sightline retention drop --keep-days {keep_days} --yes": "do it; it cannot be undone"})


def _parts(dsn: str) -> Sequence[Part]:
    import psycopg
    from psycopg.rows import class_row

    from kit.sql import Statements

    statements = Statements(Path(__file__).with_suffix(".sql"))
    with psycopg.connect(dsn, row_factory=class_row(Part)) as connection:
        return connection.execute(statements["parts"]).fetchall()


def _bytes(parts: Sequence[Part]) -> int:
    return sum(part.bytes for part in parts)


@contextmanager
def _database_told() -> Iterator[None]:
    import psycopg

    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise CommandFailed(
            "a day is in use and was not let go", hint="Repeat the command: what went stays gone."
        ) from error
    except psycopg.OperationalError as error:
        raise CommandFailed(
            f"the database does not answer: {str(error).splitlines()[0]}",
            hint="Is the stack up? sightline status",
            exit_code=EXIT_UNREACHABLE,
        ) from error
