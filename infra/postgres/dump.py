"""Writes `schema.sql`, the sum of the migrations, to be read: `python -m infra.postgres.dump DSN PG_DUMP`.

The text is pg_dump's, without what differs from machine to machine. A test holds the file equal to the migrations' sum.
"""

import re
import subprocess
import sys
from pathlib import Path

SCHEMA = Path(__file__).with_name("schema.sql")
"""The committed sum."""

_HEADER = """\
-- The whole schema: the sum of migrations/*.sql, as pg_dump writes it. To read, never to run:
-- `python -m infra.postgres.dump` writes it anew; a test holds it equal.
"""


def dump_schema(dsn: str, pg_dump: Path) -> str:
    """The schema of a migrated database as text that is equal on every machine."""
    told = subprocess.run(
        [pg_dump, "--schema-only", "--no-owner", "--no-comments", f"--dbname={dsn}"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    lines = (
        line
        for line in told.splitlines()
        if not line.startswith(("--", "SET ", "SELECT pg_catalog.set_config", "\\restrict", "\\unrestrict"))
    )
    return _HEADER + "\n" + re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def main() -> None:
    """Entry point: DSN of a migrated database and the path of pg_dump."""
    dsn, pg_dump = sys.argv[1:3]
    SCHEMA.write_text(dump_schema(dsn, Path(pg_dump)), encoding="utf-8")


if __name__ == "__main__":
    main()
