"""Statements are found by name, and take in the conditions that several of them share."""

from pathlib import Path

import pytest

from kit.sql import Statements, UnknownStatementError

TEXT = """\
-- name: kept
tenant_id = %(tenant_id)s
   AND ended_at > now()

-- name: tracks
-- What is still there.
SELECT id FROM tracks
 WHERE true AND
-- with: kept
 ORDER BY id
"""


@pytest.fixture
def statements(tmp_path: Path) -> Statements:
    path = tmp_path / "queries.sql"
    path.write_text(TEXT)
    return Statements(path)


def test_a_statement_takes_in_the_one_that_it_names(statements: Statements) -> None:
    lines = [line.strip() for line in statements["tracks"].splitlines() if not line.startswith("--")]
    assert lines == [
        "SELECT id FROM tracks",
        "WHERE true AND",
        "tenant_id = %(tenant_id)s",
        "AND ended_at > now()",
        "ORDER BY id",
    ]


def test_an_unknown_name_is_told_with_its_file(statements: Statements) -> None:
    with pytest.raises(UnknownStatementError, match=r"queries\.sql.*'gone'"):
        statements["gone"]
