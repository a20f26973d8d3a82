"""`sightline models switch`, `status` and `drop`: another profile's vectors, while everything goes on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from infra.cli.console import CommandFailed, err, next_steps, out, print_json, say
from infra.cli.models import JsonOption, StateOption, commands
from infra.cli.tenants import DsnOption, owner_dsn

if TYPE_CHECKING:
    from infra.models.spaces import SpaceStatus

_LOOK_S = 1.0
_COLOURS = {"serving": "green", "incoming": "yellow", "kept": "dim"}


@commands.command("switch", epilog="Examples: sightline models switch base | sightline models switch tiny --no-wait")
def switch_profile(
    profile: Annotated[str, typer.Argument(help="The profile whose models are to be used: tiny, or one pulled.")],
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Switch this kind of space alone: semantic, appearance.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the profile's spaces serve.")] = True,
    triton: Annotated[
        str,
        typer.Option("--triton", help="Triton's gRPC, host:port. Without it: the local stack's.", show_default=False),
    ] = "",
    repository: Annotated[
        Path | None, typer.Option("--repository", help="The folder Triton serves. Without it: the local stack's.")
    ] = None,
    dsn: DsnOption = "",
    state: StateOption = Path(".sightline"),
) -> None:
    """Use another profile's models: re-embed what is stored, then let searches use the new vectors.

    Until all of a space is complete, searches are answered from the old one. Repeat the command to go on with a switch
    that was cut off; switch to the old profile to go back.
    """
    from contracts.vocabulary import Space
    from infra.embedded.repository import checkout_models
    from infra.embedded.state import Paths, StateUnusableError, read_config, remember_profile, state_folder
    from infra.models.spaces import BUILT_IN, IncompleteProfileError
    from infra.models.switch import SwitchRefusedError, switch
    from kit.tokens import PROFILES_VARIABLE

    unknown = sorted(set(only or ()) - set(Space))
    if unknown:
        raise CommandFailed(
            f"no such kind of space: {', '.join(unknown)}", hint="Kinds: semantic, appearance", exit_code=2
        )
    where = owner_dsn(dsn, state)
    paths = Paths(state_folder(state))
    config = read_config(paths)
    folder = checkout_models() if profile == BUILT_IN else paths.profiles / profile
    if not folder.is_dir():
        raise CommandFailed(
            f"profile {profile} is not in {paths.profiles}", hint=f"sightline models pull {profile}", exit_code=2
        )
    if not triton and config is None:
        raise CommandFailed("no Triton is named", hint="Name it: --triton HOST:PORT", exit_code=2)
    # The vocabulary of a text tower lies with its profile.
    os.environ.setdefault(PROFILES_VARIABLE, str(paths.profiles))
    url = triton or f"127.0.0.1:{config.ports['triton'] if config else 0}"
    try:
        with err.status(f"loading the models of {profile} …"), _database_told():
            begun = switch(
                profile,
                folder=folder,
                repository=repository or paths.models,
                triton_url=url,
                dsn=where,
                only=[Space(kind) for kind in only or ()],
            )
        if not only:
            remember_profile(paths, profile)
    except (SwitchRefusedError, IncompleteProfileError, StateUnusableError) as failure:
        raise CommandFailed(str(failure), hint="Nothing was changed for searches.") from failure
    for one in begun:
        told = f"{one.stills:,} stills to embed" if one.stills else "complete already"
        say(f"[green]✓[/] {one.space.kind}: {one.space.name} ({one.space.dimension} numbers a vector), {told}")
    for kind in Space:
        if not only and kind not in {one.space.kind for one in begun}:
            say(f"[yellow]–[/] {kind}: {profile} brings no weights; what serves it stays")
    if wait:
        _follow(where, {one.space.name for one in begun})
    else:
        next_steps({"sightline models status": "how far it is"})


@commands.command("status", epilog="Example: sightline models status --json")
def show_status(dsn: DsnOption = "", state: StateOption = Path(".sightline"), as_json: JsonOption = False) -> None:
    """Show the vector spaces: which one serves searches, which is being filled and how far it is."""
    from infra.models.spaces import statuses

    with _database_told():
        found = statuses(owner_dsn(dsn, state))
    if as_json:
        print_json([vars(status) | {"share": round(status.share, 4)} for status in found])
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("kind", "space", "profile", "state", "vectors", "since", "re-embedding"):
        table.add_column(column, justify="right" if column == "vectors" else "left")
    for status in found:
        table.add_row(
            status.kind,
            f"{status.name} ({status.dimension})",
            status.profile or "–",
            f"[{_COLOURS[status.state]}]{status.state}[/]",
            f"{status.vectors:,}",
            f"{status.since.astimezone():%Y-%m-%d %H:%M}",
            _progress_of(status),
        )
    out.print(table, width=None if out.is_terminal else 160)
    for status in found:
        if status.dead:
            say(f"[red]✗[/] {status.name}: {status.dead} jobs were given up: {escape(status.reason or '')}")
        if status.state == "incoming" and not status.asked:
            say(f"[yellow]![/] {status.name}: not all of it was asked for yet; repeat the switch if nobody is at it")
    names = [status.name for status in found if status.state == "kept" and status.vectors]
    if names:
        next_steps({f"sightline models drop {names[0]}": "delete the vectors that no search uses"})


@commands.command("drop", epilog="Example: sightline models drop tiny-appearance-2")
def drop_space(
    names: Annotated[list[str], typer.Argument(help="Spaces that are kept, as `sightline models status` names them.")],
    dsn: DsnOption = "",
    state: StateOption = Path(".sightline"),
) -> None:
    """Delete the vectors of spaces that no search uses any more. Going back then means embedding anew."""
    from infra.models.spaces import drop_kept, statuses

    where = owner_dsn(dsn, state)
    with _database_told():
        known = {status.name: status for status in statuses(where, counted=False)}
        for name in names:
            if name not in known:
                raise CommandFailed(f"there is no space {name!r}", hint="sightline models status", exit_code=2)
            if known[name].state != "kept":
                raise CommandFailed(
                    f"the space {name} is {known[name].state}", hint="Switch to another profile first: models switch"
                )
        deleted = drop_kept(where, names)
    if not deleted and any(time.time() - known[name].since.timestamp() < 60 for name in names):
        raise CommandFailed(
            "it stopped serving less than a minute ago", hint="Searches may still read it: try again soon."
        )
    say(f"[green]✓[/] {deleted:,} vectors deleted")
    next_steps({"sightline models status": "what is left"})


def _follow(dsn: str, names: set[str]) -> None:
    """Draw how the spaces fill until all serve. Raises CommandFailed where that cannot happen by itself any more."""
    from infra.models.spaces import statuses

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} stills"),
        TimeRemainingColumn(),
        console=err,
    )
    try:
        with bar, _database_told():
            lines = {name: bar.add_task(name, total=1) for name in sorted(names)}
            while True:
                found = [status for status in statuses(dsn, counted=False) if status.name in names]
                for status in found:
                    bar.update(lines[status.name], completed=status.stills_done, total=max(status.stills, 1))
                waiting = [status for status in found if status.state != "serving"]
                if not waiting:
                    break
                _check_goes_on(waiting)
                time.sleep(_LOOK_S)
    except KeyboardInterrupt:
        say("\nThe switch goes on by itself.")
        next_steps({"sightline models status": "how far it is", "sightline models switch tiny": "go back"})
        raise typer.Exit(130) from None
    say(f"[green]✓[/] searches are answered from {', '.join(sorted(names))}")
    next_steps({"sightline models status": "the spaces", "sightline models drop NAME": "delete the old one's vectors"})


def _check_goes_on(waiting: list[SpaceStatus]) -> None:
    for status in waiting:
        if status.state == "kept":
            raise CommandFailed(f"the switch to {status.name} was given up for another one")
        if status.dead and status.done + status.dead == status.jobs:
            raise CommandFailed(
                f"{status.dead} of {status.jobs} jobs of {status.name} were given up: {status.reason}",
                hint="Searches go on as before. Once it is mended: repeat the switch.",
            )


def _progress_of(status: SpaceStatus) -> str:
    if not status.jobs or status.state == "kept":
        return "–"
    left = status.jobs - status.done - status.dead
    return f"{status.stills_done:,} of {status.stills:,} stills ({status.share:.0%}), {left} jobs left"


@contextmanager
def _database_told() -> Iterator[None]:
    import psycopg

    try:
        yield
    except psycopg.OperationalError as error:
        raise CommandFailed(
            f"the database does not answer: {str(error).splitlines()[0]}",
            hint="Is the stack up? sightline status",
            exit_code=3,
        ) from error
