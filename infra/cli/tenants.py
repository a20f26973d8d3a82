"""`sightline tenants` and `sightline keys`: who may use the gateway. They write the database: there is no sign-up."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from uuid import UUID

import msgspec
import typer

from infra.cli.console import CommandFailed, next_steps, out, print_json, say

EXIT_UNREACHABLE = 3

SCOPES = (
    "cameras:read",
    "cameras:write",
    "recordings:read",
    "recordings:write",
    "search",
    "events:read",
    "events:write",
    "reports:read",
    "reports:write",
    "jobs:read",
    "jobs:write",
)
"""What a key can be allowed to do."""

LOCAL_TENANT = "local"
"""The tenant that the local stack's operator works in."""

tenants = typer.Typer(no_args_is_help=True, help="Tenants: whose cameras and footage.")
keys = typer.Typer(no_args_is_help=True, help="API keys: scoped, shown once, kept only as hashes.")

StateOption = Annotated[Path | None, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")]
DsnOption = Annotated[
    str,
    typer.Option(
        "--dsn",
        help="Postgres, as sightline_owner. Without it: the local stack's.",
        envvar="SIGHTLINE_POSTGRES_OWNER_DSN",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]


class TenantUnknownError(Exception):
    """There is no tenant of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no tenant {name!r}")


class TenantExistsError(Exception):
    """The name is taken."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a tenant {name!r} already")


class CameraUnknownError(Exception):
    """The tenant has no camera of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the tenant has no camera {name!r}")


@dataclass(frozen=True)
class NewKey:
    """A key that was just made. Its text is nowhere else."""

    id: UUID
    tenant_id: UUID
    key: str


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach a gateway: kept in the state folder's `operator.json` (0600)."""

    url: str
    key: str


def register(app: typer.Typer) -> None:
    """Adds the command groups."""
    app.add_typer(tenants, name="tenants")
    app.add_typer(keys, name="keys")


def create_tenant(dsn: str, name: str) -> UUID:
    """Makes a tenant. Raises TenantExistsError."""
    import psycopg

    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "INSERT INTO gateway.tenants (name) VALUES (%s) ON CONFLICT (name) DO NOTHING RETURNING id", (name,)
        ).fetchone()
    if row is None:
        raise TenantExistsError(name)
    tenant_id: UUID = row[0]
    return tenant_id


def create_key(
    dsn: str,
    tenant: str,
    *,
    name: str,
    scopes: Sequence[str] = SCOPES,
    cameras: Sequence[str] | None = None,
    expires_at: datetime | None = None,
) -> NewKey:
    """Makes a key: `sl_` and 32 random bytes; the database keeps only the SHA-256 of the whole text. `cameras` are
    names; None: every camera of the tenant. Raises TenantUnknownError, CameraUnknownError."""
    import psycopg

    key = f"sl_{secrets.token_urlsafe(32)}"
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT id FROM gateway.tenants WHERE name = %s", (tenant,)).fetchone()
        if found is None:
            raise TenantUnknownError(tenant)
        camera_ids = None if cameras is None else [_camera_id(connection, found[0], camera) for camera in cameras]
        row = connection.execute(
            "INSERT INTO gateway.api_keys (tenant_id, name, prefix, secret_hash, scopes, camera_ids, expires_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id",
            (found[0], name, key[:10], hashlib.sha256(key.encode()).digest(), list(scopes), camera_ids, expires_at),
        ).fetchone()
    assert row is not None
    return NewKey(id=row[0], tenant_id=found[0], key=key)


def revoke_key(dsn: str, key_id: UUID) -> bool:
    """Ends a key at once. False where there is no live key of that id."""
    import psycopg

    with psycopg.connect(dsn) as connection:
        ended = connection.execute(
            "UPDATE gateway.api_keys SET revoked_at = now() WHERE id = %s AND revoked_at IS NULL", (key_id,)
        )
        return ended.rowcount == 1


def local_access(state: Path | None = None) -> Access:
    """The local stack's gateway and operator key, made now (with the tenant `local`) where there is none.
    Raises CommandFailed where no stack was ever started."""
    from infra.embedded.state import Paths, read_config, state_folder, write_private

    folder = state_folder(state)
    config = read_config(Paths(folder))
    if config is None:
        raise CommandFailed(
            f"no stack was started in {folder}",
            hint="Start one: sightline up. Or set SIGHTLINE_URL and SIGHTLINE_API_KEY.",
            exit_code=EXIT_UNREACHABLE,
        )
    url = f"http://127.0.0.1:{config.ports['gateway']}"
    file = folder / "operator.json"
    if file.is_file():
        # The port may have changed since.
        return Access(url=url, key=msgspec.json.decode(file.read_bytes(), type=Access).key)
    dsn = owner_dsn("", state)
    try:
        create_tenant(dsn, LOCAL_TENANT)
    except TenantExistsError:
        pass
    except _database_errors() as error:
        raise _unreachable(error) from error
    access = Access(url=url, key=create_key(dsn, LOCAL_TENANT, name="operator").key)
    write_private(file, msgspec.json.encode(access))
    return access


@tenants.command("create", epilog="Example: sightline tenants create acme")
def create_tenant_command(
    name: Annotated[str, typer.Argument(help="Unique name.")],
    dsn: DsnOption = "",
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create a tenant with a key that may do everything; the key is shown once."""
    where = owner_dsn(dsn, state)
    try:
        create_tenant(where, name)
        made = create_key(where, name, name="first")
    except TenantExistsError as error:
        raise CommandFailed(str(error), hint="Make another key: sightline keys create --tenant NAME") from error
    except _database_errors() as error:
        raise _unreachable(error) from error
    _show(made, as_json)


@keys.command(
    "create", epilog="Example: sightline keys create --tenant acme --name console --scope search --camera lobby"
)
def create_key_command(
    *,
    tenant: Annotated[str, typer.Option("--tenant", help="The tenant's name.")] = LOCAL_TENANT,
    name: Annotated[str, typer.Option("--name", help="What the key is for.")] = "key",
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help=f"May be repeated. One of {', '.join(SCOPES)}.")
    ] = None,
    camera: Annotated[
        list[str] | None, typer.Option("--camera", help="Only this camera, by name; may be repeated.")
    ] = None,
    days: Annotated[int | None, typer.Option("--days", help="Expires after so many days.", min=1)] = None,
    dsn: DsnOption = "",
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Create a key; it is shown once. Without --scope it may do everything."""
    unknown = sorted(set(scope or ()) - set(SCOPES))
    if unknown:
        raise CommandFailed(f"no such scope: {', '.join(unknown)}", hint=f"Scopes: {', '.join(SCOPES)}", exit_code=2)
    expires_at = None if days is None else datetime.now(UTC) + timedelta(days=days)
    if not dsn and tenant == LOCAL_TENANT:
        # Made here where nobody has used the stack yet.
        local_access(state)
    try:
        made = create_key(
            owner_dsn(dsn, state),
            tenant,
            name=name,
            scopes=scope or SCOPES,
            cameras=camera or None,
            expires_at=expires_at,
        )
    except (TenantUnknownError, CameraUnknownError) as error:
        raise CommandFailed(str(error)) from error
    except _database_errors() as error:
        raise _unreachable(error) from error
    _show(made, as_json)


@keys.command("revoke", epilog="Example: sightline keys revoke 0199c9a2-7a63-7e5c-8f3b-3f9e6f2f7a10")
def revoke_key_command(
    key_id: Annotated[UUID, typer.Argument(help="The key's id.")], dsn: DsnOption = "", state: StateOption = None
) -> None:
    """End a key at once."""
    try:
        ended = revoke_key(owner_dsn(dsn, state), key_id)
    except _database_errors() as error:
        raise _unreachable(error) from error
    if not ended:
        raise CommandFailed(f"there is no live key {key_id}")
    say(f"[green]✓[/] key {key_id} is revoked")


def _camera_id(connection: object, tenant_id: UUID, name: str) -> UUID:
    import psycopg

    assert isinstance(connection, psycopg.Connection)
    row = connection.execute(
        "SELECT id FROM gateway.cameras WHERE tenant_id = %s AND name = %s", (tenant_id, name)
    ).fetchone()
    if row is None:
        raise CameraUnknownError(name)
    camera_id: UUID = row[0]
    return camera_id


def _show(made: NewKey, as_json: bool) -> None:
    if as_json:
        print_json({"id": made.id, "tenant_id": made.tenant_id, "key": made.key})
        return
    out.print(made.key, soft_wrap=True)
    say(f"[dim]key {made.id} of tenant {made.tenant_id}. It is not shown again.[/]")
    next_steps({"export SIGHTLINE_API_KEY=…": "use it, together with SIGHTLINE_URL"})


def owner_dsn(given: str, state: Path | None) -> str:
    """The database as sightline_owner: the one given, else the local stack's. Raises CommandFailed."""
    return role_dsn(given, state, "sightline_owner")


def role_dsn(given: str, state: Path | None, role: str) -> str:
    """The database as a role: the one given, else the local stack's. Raises CommandFailed."""
    if given:
        return given
    from urllib.parse import quote

    from infra.embedded.state import Paths, read_config, state_folder

    folder = state_folder(state)
    config = read_config(Paths(folder))
    if config is None:
        raise CommandFailed(
            f"no stack was started in {folder}",
            hint="Start one: sightline up. Or name the database: --dsn.",
            exit_code=EXIT_UNREACHABLE,
        )
    password = quote(config.secrets[role], safe="")
    return f"postgresql://{role}:{password}@127.0.0.1:{config.ports['postgres']}/sightline"


def _database_errors() -> type[Exception]:
    import psycopg

    return psycopg.OperationalError


def _unreachable(error: Exception) -> CommandFailed:
    return CommandFailed(
        f"the database does not answer: {str(error).splitlines()[0]}",
        hint="Is the stack up? sightline status",
        exit_code=3,
    )
