"""Statements are found by name."""

from pathlib import Path

import pytest

from kit.sql import Statements, UnknownStatementError

TEXT = """\
-- What this file is about.

-- name: track
SELECT id FROM tracks WHERE id = %(id)s

-- name: tracks
-- What is still there.
SELECT id FROM tracks
 ORDER BY id
"""


@pytest.fixture
def statements(tmp_path: Path) -> Statements:
    path = tmp_path / "queries.sql"
    path.write_text(TEXT)
    return Statements(path)


def test_a_statement_ends_where_the_next_begins(statements: Statements) -> None:
    assert statements["track"] == "SELECT id FROM tracks WHERE id = %(id)s"
    assert statements["tracks"].splitlines()[1:] == ["SELECT id FROM tracks", " ORDER BY id"]


def test_an_unknown_name_is_told_with_its_file(statements: Statements) -> None:
    with pytest.raises(UnknownStatementError, match=r"queries\.sql.*'gone'"):
        statements["gone"]
