"""The upkeep of the vectors' days on Postgres, each step a call of one of embed's own functions."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from kit.postgres import Connection
from kit.sql import Statements
from services.embed.model import StoredDay, StoredDays

_SQL = Statements(Path(__file__).with_name("upkeep.sql"))


class PostgresDays:
    """The days of one turn."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fresh_waits(self) -> bool:
        """Whether fresh footage waits for its vectors, or is getting them now."""
        return bool(self._value("fresh_waits"))

    def before(self, day: date) -> list[date]:
        """The days before one that hold anything, the oldest first."""
        return [row["day"] for row in self._connection.execute(_SQL["days_before"], {"day": day})]

    def drop(self, day: date) -> int:
        """Lets go of a day; how many vectors went."""
        return int(self._value("drop_day", day=day))

    def calibrate(self, fewest: int) -> bool:
        """Takes the thresholds of a space that has that many vectors and none; whether there was one."""
        space_id = self._value("next_to_calibrate", fewest=fewest)
        return space_id is not None and self._value("calibrate_codes", space_id=space_id, fewest=fewest) > 0

    def to_code(self) -> StoredDay | None:
        """A day with vectors that lack their codes."""
        return self._day("next_to_code")

    def code(self, day: StoredDay) -> int:
        """Makes the codes that a day lacks; how many."""
        return int(self._value("fill_codes", parent=day.table, day=day.day))

    def to_seal(self, over_before: date) -> StoredDay | None:
        """The next day that is over and has no index yet."""
        return self._day("next_to_seal", day=over_before)

    def index(self, day: StoredDay, fewest: int) -> bool:
        """Builds the day's index, if it holds that many vectors. What is there already stays."""
        return bool(self._value("index_day", parent=day.table, day=day.day, fewest=fewest))

    def settle(self, day: StoredDay) -> None:
        """Freezes the day's rows, so that they are read without looking at who wrote them."""
        self._settle(self._value("leaf_of", parent=day.table, day=day.day))

    def mark_sealed(self, day: StoredDay, seconds: float) -> None:
        """Lets searches use the day's index."""
        self._value("mark_sealed", parent=day.table, day=day.day, seconds=seconds)

    def to_merge(self, over_before: date, most: int) -> StoredDays | None:
        """The next days to put together: of one month that was over before, at most so many vectors."""
        row = self._connection.execute(_SQL["next_to_merge"], {"day": over_before, "most": most}).fetchone()
        return None if row is None else StoredDays(row["parent"], row["first_day"], row["until_day"])

    def merge(self, days: StoredDays, fewest: int) -> bool:
        """Makes one part of days, with one index if it holds that many vectors. False, and nothing is changed, where
        something was stored or deleted meanwhile. Cut off, it leaves a copy behind, which the next try throws away."""
        span = {"parent": days.table, "first_day": days.first_day, "until_day": days.until_day}
        began = perf_counter()
        # Not in one transaction with the swap: VACUUM wants none, and nobody should wait for the copy.
        self._settle(self._value("copy_days", **span, fewest=fewest))
        return bool(self._value("merge_days", **span, seconds=perf_counter() - began))

    def _settle(self, leaf: str) -> None:
        self._connection.execute(sql.SQL(_SQL["settle"]).format(sql.Identifier("embed", leaf)))

    def _day(self, statement: str, **parameters: Any) -> StoredDay | None:
        row = self._connection.execute(_SQL[statement], parameters).fetchone()
        return None if row is None else StoredDay(row["parent"], row["day"])

    def _value(self, statement: str, **parameters: Any) -> Any:
        row = self._connection.execute(_SQL[statement], parameters).fetchone()
        return None if row is None else next(iter(row.values()))


class PostgresTurns:
    """Who does the upkeep: one process of all."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    @contextmanager
    def turn(self) -> Iterator[PostgresDays | None]:
        """The days for the length of a block; None where another process is at it."""
        with psycopg.connect(self._dsn, autocommit=True, row_factory=dict_row) as connection:
            row = connection.execute(_SQL["take_turn"]).fetchone()
            yield PostgresDays(connection) if row is not None and row["taken"] else None
