"""Named SQL: statements live in `.sql` files and are fetched by name, so that SQL stays SQL.

A file holds statements, each after a line `-- name: the_name`. Lines between the name and the statement that start
with `--` say what it is for.
"""

from pathlib import Path
from typing import LiteralString


class UnknownStatementError(KeyError):
    """The file holds no statement of that name."""


class Statements:
    """The statements of one file: `statements["insert_track"]`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._statements: dict[str, LiteralString] = _parse(path.read_text(encoding="utf-8"))

    def __getitem__(self, name: str) -> LiteralString:
        try:
            # The file is part of the source; nothing from outside is ever put into it.
            return self._statements[name]
        except KeyError:
            raise UnknownStatementError(f"{self._path.name} holds no statement {name!r}") from None


def _parse(text: str) -> dict[str, LiteralString]:
    statements: dict[str, LiteralString] = {}
    name: str | None = None
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("-- name:"):
            if name is not None:
                statements[name] = "\n".join(lines).strip()
            name, lines = line.removeprefix("-- name:").strip(), []
        elif name is not None:
            lines.append(line)
    if name is not None:
        statements[name] = "\n".join(lines).strip()
    return statements
