"""`sightline watches` and `sightline alerts`: what is watched for, and what was found."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from infra.cli.console import next_steps, out, print_json, say

commands = typer.Typer(no_args_is_help=True, help="Watches: list them, watch for a sentence.")

StateOption = Annotated[Path | None, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(commands, name="watches")
    app.command("alerts", epilog="Example: sightline alerts --all")(list_alerts)


@commands.command("list")
def list_watches(state: StateOption = None, as_json: JsonOption = False) -> None:
    """List what is watched for."""
    from infra.cli.client import gateway

    with gateway(state) as client:
        watches = list(client.watches())
    if as_json:
        print_json(watches)
        return
    if not watches:
        say("Nothing is watched for.")
        next_steps({'sightline watches create trucks "a red truck" --min-score 0.3': "watch for something"})
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("name", "watched for", "muted until", "id"):
        table.add_column(column, overflow="fold")
    for watch in watches:
        search = watch.search
        what = f"rule {watch.rule_id}" if search is None else search.text or "a picture or track"
        muted = "" if watch.muted_until is None else watch.muted_until.isoformat(timespec="seconds")
        table.add_row(watch.name, what, muted, str(watch.id))
    out.print(table, width=None if out.is_terminal else 160)


@commands.command("create", epilog='Example: sightline watches create trucks "a red truck" --min-score 0.3')
def create_watch(
    name: Annotated[str, typer.Argument(help="Unique name.")],
    text: Annotated[str, typer.Argument(help="What to look for.")],
    *,
    min_score: Annotated[float, typer.Option("--min-score", help="How alike is alike enough.")],
    state: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """Watch for a sentence in new footage."""
    from gateway.bodies.search import SearchNew
    from gateway.bodies.watches import WatchNew
    from infra.cli.client import gateway

    with gateway(state) as client:
        watch = client.create_watch(WatchNew(name=name, search=SearchNew(text=text, min_score=min_score)))
    if as_json:
        print_json(watch)
        return
    say(f"[green]✓[/] watching for {text!r} ({watch.id})")
    next_steps({"sightline alerts": "what was found"})


def list_alerts(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Acknowledged ones too.")] = False,
    limit: Annotated[int, typer.Option("--limit", help="At most so many.")] = 50,
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
        say("There are no alerts.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("seen", "camera", "watch", "what", "score", "link"):
        table.add_column(column, overflow="fold")
    for alert in alerts:
        what = alert.event.kind.value if alert.event is not None else alert.kind.value
        table.add_row(
            alert.started_at.isoformat(timespec="seconds"),
            alert.camera,
            alert.watch or "",
            what,
            "" if alert.hit is None else f"{alert.hit.score:.2f}",
            alert.link,
        )
    out.print(table, width=None if out.is_terminal else 160)
