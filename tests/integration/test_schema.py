"""The schema that migrations make: shown whole in one file, never half-applied, each role writing its own part."""

from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from infra.embedded import postgres as embedded_postgres
from infra.postgres import migrate as migrations
from infra.postgres.dump import SCHEMA, dump_schema
from infra.postgres.migrate import SERVICE_ROLES, Migration, MigrationChangedError
from tests.databases import ServiceDatabases


def test_schema_sql_is_the_sum_of_the_migrations(databases: ServiceDatabases) -> None:
    pg_dump = embedded_postgres.installed_binaries() / "pg_dump"
    assert dump_schema(databases.superuser_dsn, pg_dump) == SCHEMA.read_text(encoding="utf-8")


def test_migrating_again_changes_nothing(databases: ServiceDatabases) -> None:
    assert migrations.migrate(databases.superuser_dsn) == []


def test_a_file_that_was_edited_after_it_was_applied_is_refused(
    databases: ServiceDatabases, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = migrations.read_migrations()[0]
    monkeypatch.setattr(migrations, "read_migrations", lambda: [Migration(first.name, first.text + "-- edited")])
    with pytest.raises(MigrationChangedError, match=first.name):
        migrations.migrate(databases.superuser_dsn)


def test_a_migration_that_fails_leaves_nothing_behind(
    databases: ServiceDatabases, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Migration("9999_broken", "CREATE TABLE jobs.half (id int); SELECT 1 / 0;")
    known = migrations.read_migrations()
    monkeypatch.setattr(migrations, "read_migrations", lambda: [*known, broken])
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrations.migrate(databases.superuser_dsn)
    with psycopg.connect(databases.superuser_dsn) as connection:
        assert connection.execute("SELECT to_regclass('jobs.half')").fetchone() == (None,)
        names = connection.execute("SELECT name FROM public.migrations").fetchall()
    assert (broken.name,) not in names


def test_every_table_with_a_tenant_forces_row_level_security(databases: ServiceDatabases) -> None:
    with psycopg.connect(databases.superuser_dsn) as connection:
        open_tables = connection.execute(
            """
            SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE a.attname = 'tenant_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
               AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
            """
        ).fetchall()
    assert open_tables == []


@pytest.mark.parametrize("role", SERVICE_ROLES)
def test_a_service_may_read_every_view_and_write_no_schema_but_its_own(databases: ServiceDatabases, role: str) -> None:
    own = role.removeprefix("sightline_")
    with psycopg.connect(databases.superuser_dsn) as connection:
        writable = connection.execute(
            """
            SELECT DISTINCT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%%' AND n.nspname <> 'information_schema'
               AND has_table_privilege(%s, c.oid, 'INSERT, UPDATE, DELETE')
            """,
            (role,),
        ).fetchall()
        views = connection.execute(
            "SELECT schemaname, viewname FROM pg_views WHERE viewname LIKE '%\\_read' AND viewname <> 'spaces_read'"
        ).fetchall()
    assert {schema for (schema,) in writable} <= {own, "jobs"}
    assert views
    with psycopg.connect(databases.dsn(role)) as connection:
        for schema, view in views:
            counting = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, view))
            assert connection.execute(counting).fetchone() == (0,)


def test_the_migrations_files_are_in_one_order() -> None:
    numbers = [migration.name.split("_")[0] for migration in migrations.read_migrations()]
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    assert all(path.suffix == ".sql" for path in Path(migrations.MIGRATIONS).iterdir())
