"""`sightline alerts`: what watches found, and who has seen it."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from infra.cli.console import next_steps, out, print_json, say

commands = typer.Typer(help="Alerts: list them, acknowledge them. Without a command: list.")

StateOption = Annotated[Path | None, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]
AllOption = Annotated[bool, typer.Option("--all", help="Acknowledged ones too.")]
LimitOption = Annotated[int, typer.Option("--limit", help="At most so many.", min=1)]


def register(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(commands, name="alerts")


@commands.callback(
    invoke_without_command=True, epilog="Examples: sightline alerts --all | sightline alerts acknowledge ID"
)
def alerts(
    context: typer.Context,
    *,
    everything: AllOption = False,
    limit: LimitOption = 50,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Alerts: list them, acknowledge them. Without a command: list."""
    if context.invoked_subcommand is None:
        list_alerts(everything=everything, limit=limit, state=state, as_json=as_json)


@commands.command("list", epilog="Example: sightline alerts list --all")
def list_alerts(
    *,
    everything: AllOption = False,
    limit: LimitOption = 50,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List alerts, newest first."""
    from infra.cli.client import gateway

    with gateway(state) as client:
        alerts = list(islice(client.alerts(acknowledged=None if everything else False), limit))
    if as_json:
        print_json(alerts)
        return
    if not alerts:
        say("There are no alerts." if everything else "There are no alerts that nobody has seen.")
        next_steps({"sightline watches list": "what is watched for"})
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("seen", "camera", "watch", "what", "score", "id"):
        table.add_column(column, overflow="fold")
    for alert in alerts:
        what = alert.event.kind.value if alert.event is not None else alert.kind.value
        table.add_row(
            alert.started_at.isoformat(timespec="seconds"),
            alert.camera,
            alert.watch or "",
            what,
            "" if alert.hit is None else f"{alert.hit.score:.2f}",
            str(alert.id),
        )
    out.print(table, width=None if out.is_terminal else 160)
    next_steps({f"sightline alerts acknowledge {alerts[0].id}": "say that you have seen it"})


@commands.command("acknowledge", epilog="Example: sightline alerts acknowledge 01a2023b-8ef7-757a-ae1a-34bc0ca47c62")
def acknowledge(
    ids: Annotated[list[UUID], typer.Argument(help="The alerts' ids.")],
    *,
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Note that somebody has seen alerts. Who was first stays."""
    from infra.cli.client import gateway

    with gateway(state) as client:
        seen = [client.acknowledge(alert_id) for alert_id in ids]
    if as_json:
        print_json(seen)
        return
    for alert in seen:
        say(f"[green]✓[/] {alert.id} was first seen by {alert.acknowledged_by}")
    next_steps({"sightline alerts": "what nobody has seen yet"})
