"""`sightline jobs`: the work, how far it is, why it was given up."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.table import Table

from infra.cli.console import CommandFailed, next_steps, out, print_json, say

if TYPE_CHECKING:
    from gateway.bodies.jobs import JobBody

commands = typer.Typer(no_args_is_help=True, help="Jobs: list them, see one, start a dead one over.")

StateOption = Annotated[Path | None, typer.Option("--state-folder", help="The state folder.", envvar="SIGHTLINE_STATE")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]
JobArgument = Annotated[UUID, typer.Argument(help="The job's id.")]

_COLOURS = {"ready": "cyan", "running": "yellow", "done": "green", "dead": "red"}


def register(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(commands, name="jobs")


@commands.command("list", epilog="Examples: sightline jobs list | sightline jobs list --state dead --json")
def list_jobs(
    *,
    wanted: Annotated[str | None, typer.Option("--state", help="Only ready, running, done or dead ones.")] = None,
    about: Annotated[UUID | None, typer.Option("--about", help="Only those about this recording or report.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many.")] = 30,
    folder: StateOption = None,
    as_json: JsonOption = False,
) -> None:
    """List jobs, newest first."""
    from contracts.task import JobState
    from infra.cli.client import gateway

    if wanted is not None and wanted not in set(JobState):
        raise CommandFailed(f"there is no state {wanted!r}", hint=f"States: {', '.join(JobState)}", exit_code=2)
    with gateway(folder) as client:
        found = client.jobs(state=None if wanted is None else JobState(wanted), subject_id=about)
        jobs = list(islice(found, limit))
    if as_json:
        print_json(jobs)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("state", "contract", "done", "tries", "made", "took", "id", "reason"):
        table.add_column(column, justify="right" if column in {"done", "took"} else "left", overflow="fold")
    for job in jobs:
        table.add_row(
            f"[{_COLOURS[job.state.value]}]{job.state.value}[/]",
            job.contract,
            f"{job.progress:.0%}",
            f"{job.attempts}/{job.max_attempts}",
            f"{job.created_at.astimezone():%m-%d %H:%M:%S}",
            _took(job.started_at, job.finished_at),
            str(job.id),
            (job.reason or "") if job.state is not JobState.DONE else "",
        )
    out.print(table, width=None if out.is_terminal else 180)
    if any(job.state is JobState.DEAD for job in jobs):
        next_steps({"sightline jobs show ID": "all about one", "sightline jobs replay ID": "start a dead one over"})


@commands.command("show", epilog="Example: sightline jobs show 01a20213-8a36-7b0e-9a3c-5b0f6ac2d7b1")
def show_job(job_id: JobArgument, folder: StateOption = None, as_json: JsonOption = False) -> None:
    """Show one job."""
    from infra.cli.client import gateway

    with gateway(folder) as client:
        job = client.job(job_id)
    if as_json:
        print_json(job)
        return
    out.print(_details(job))
    if job.state == "dead":
        next_steps({f"sightline jobs replay {job.id}": "start it over"})


@commands.command("replay", epilog="Example: sightline jobs replay 01a20213-8a36-7b0e-9a3c-5b0f6ac2d7b1")
def replay_job(job_id: JobArgument, folder: StateOption = None, as_json: JsonOption = False) -> None:
    """Start a dead job over, with all its attempts."""
    from infra.cli.client import gateway

    with gateway(folder) as client:
        job = client.replay_job(job_id)
    if as_json:
        print_json(job)
        return
    say(f"[green]✓[/] job {job.id} is {job.state.value} again")
    next_steps({f"sightline jobs show {job.id}": "how far it is"})


def _details(job: JobBody) -> Table:
    from rich.markup import escape
    from rich.pretty import Pretty

    table = Table(box=None, show_header=False, pad_edge=False)
    rows = {
        "id": str(job.id),
        "contract": job.contract,
        "about": str(job.subject_id or ""),
        "state": f"[{_COLOURS[job.state.value]}]{job.state.value}[/]",
        "done": f"{job.progress:.0%}",
        "attempts": f"{job.attempts} of {job.max_attempts}",
        "reason": escape(job.reason or ""),
        "made": f"{job.created_at.astimezone():%Y-%m-%d %H:%M:%S %z}",
        "took": _took(job.started_at, job.finished_at),
    }
    for name, value in rows.items():
        table.add_row(f"[bold]{name}[/]", value)
    if job.result is not None:
        table.add_row("[bold]result[/]", Pretty(job.result))
    return table


def _took(started: datetime | None, finished: datetime | None) -> str:
    if started is None or finished is None or finished < started:
        return "–"
    return f"{(finished - started).total_seconds():.1f} s"
