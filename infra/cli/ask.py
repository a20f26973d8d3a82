"""`sightline ask`: a question in; sentences that cite what they rest on, and what was examined, out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from infra.cli.console import CommandFailed, next_steps, out, print_json, say

if TYPE_CHECKING:
    from gateway.bodies.questions import QuestionAnswered
    from infra.cli.client import Client

EXIT_UNANSWERED = 4
"""What the shell sees where the question has no answer."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog='Examples: sightline ask "When did the red car leave?" | '
        'sightline ask "How many people came through the lobby this morning?" --time-zone Europe/Berlin --hits'
    )(ask)


def ask(
    text: Annotated[str, typer.Argument(help="The question, in plain English.")],
    *,
    time_zone: Annotated[
        str | None, typer.Option("--time-zone", help="Of the question's days and times; this machine's without it.")
    ] = None,
    camera: Annotated[
        list[str] | None, typer.Option("--camera", help="Only this camera, by name; may be repeated.")
    ] = None,
    track: Annotated[UUID | None, typer.Option("--track", help='Whom "this person" means.')] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="The same by a picture.", exists=True, dir_okay=False)
    ] = None,
    hits: Annotated[bool, typer.Option("--hits", help="List what the answer cites.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Show what the question was read as.")] = False,
    model: Annotated[bool, typer.Option("--model", help="In the words of the `describe` model, if served.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Have a report of the answer written.")] = False,
    state: Annotated[Path | None, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")] = False,
) -> None:
    """Ask about the footage. Exit code 4: it cannot be answered, and the answer says why."""
    from contracts.question import AnswerState, Wording
    from gateway.bodies.questions import QuestionNew, QuestionReportNew
    from infra.cli.client import gateway

    if track is not None and picture is not None:
        raise CommandFailed("give --track or --picture, not both", exit_code=2)
    with gateway(state) as client:
        answer = client.ask(
            QuestionNew(
                text=text,
                time_zone=time_zone or _own_time_zone(),
                camera_ids=_camera_ids(client, camera),
                track_id=track,
                picture_id=None if picture is None else client.store_picture(picture.read_bytes()).id,
                wording=Wording.MODEL if model else Wording.RULE,
            )
        )
        accepted = client.report_answer(answer.id, QuestionReportNew()) if report else None
    if as_json:
        print_json(answer)
    else:
        _show(answer, hits=hits, plan=plan)
    if accepted is not None:
        next_steps({f"sightline jobs show {accepted.job_id}": "how far the report is"})
    if answer.state is AnswerState.UNANSWERED:
        raise typer.Exit(EXIT_UNANSWERED)


def _own_time_zone() -> str:
    """The zone that this machine's clock is set to, as far as it can be told."""
    link = Path("/etc/localtime")
    target = str(link.resolve()) if link.is_symlink() else ""
    return target.split("zoneinfo/", 1)[1] if "zoneinfo/" in target else "UTC"


def _camera_ids(client: Client, names: list[str] | None) -> list[UUID] | None:
    if not names:
        return None
    found = {camera.name: camera.id for camera in client.cameras()}
    for name in names:
        if name not in found:
            raise CommandFailed(f"there is no camera {name!r}", hint="All of them: sightline cameras list")
    return [found[name] for name in names]


def _show(answer: QuestionAnswered, *, hits: bool, plan: bool) -> None:
    for sentence in answer.sentences:
        out.print(escape(sentence.text), soft_wrap=True)
    if plan and answer.plan is not None:
        print_json(answer.plan)
    if hits and answer.hits:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for column in ("what", "camera", "seen", "for", "probability", "id"):
            table.add_column(column, justify="right" if column in {"for", "probability"} else "left")
        for hit in answer.hits:
            table.add_row(
                hit.object_class.value if hit.object_class is not None else hit.kind.value,
                hit.camera,
                f"{hit.started_at:%Y-%m-%d %H:%M:%S %z}",
                f"{(hit.ended_at - hit.started_at).total_seconds():.0f} s",
                f"{hit.probability:.2f}",
                str(hit.id),
            )
        out.print(table, width=None if out.is_terminal else 140)
    for assumption in () if answer.plan is None else answer.plan.assumptions:
        say(f"[dim]{escape(assumption)}[/]")
    say(f"[dim]{escape(answer.coverage.text)} Confidence {answer.confidence:.0%}. Answer {answer.id}.[/]")
