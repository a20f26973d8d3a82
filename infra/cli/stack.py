"""`sightline up`, `down`, `status`, `logs`, `migrate`: the embedded stack."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from infra.cli.console import CommandFailed, err, next_steps, out, print_json, say
from infra.embedded.stack import (
    AlreadyRunningError,
    Endpoints,
    NotRunningError,
    Stack,
    StackFailedError,
    StateUnusableError,
)
from infra.embedded.state import ProcessStatus, StackStatus

EXIT_NOT_RUNNING = 3

StateOption = Annotated[Path, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]

_DEFAULT_STATE = Path(".sightline")
_SETTLED = ("running", "done")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog=_examples("sightline up", "sightline up --profile base", "sightline up --foreground"))(up)
    app.command(epilog=_examples("sightline down", "sightline down --state /srv/sightline"))(down)
    app.command(epilog=_examples("sightline status", "sightline status --json"))(status)
    app.command(epilog=_examples("sightline logs", "sightline logs ingest -f", "sightline logs triton -n 200"))(logs)
    app.command(epilog=_examples("sightline migrate"))(migrate)


def _examples(*commands: str) -> str:
    return "\n\n".join(("[dim]Examples:[/]" if len(commands) > 1 else "[dim]Example:[/]", *commands))


@contextmanager
def told_plainly(stack: Stack) -> Iterator[None]:
    """Turn the stack's failures into messages for a person."""
    try:
        yield
    except StackFailedError as failure:
        raise CommandFailed(str(failure), hint=f"All logs: {stack.paths.logs}") from failure
    except StateUnusableError as failure:
        raise CommandFailed(str(failure)) from failure
    except NotRunningError as failure:
        raise CommandFailed(str(failure), hint="Start it: sightline up", exit_code=EXIT_NOT_RUNNING) from failure
    except PermissionError as failure:
        raise CommandFailed(
            f"{failure.filename} belongs to another user",
            hint="Run the command as the user who started the stack, or choose another folder with --state.",
        ) from failure


class Follower:
    """Tells on stderr what becomes of each process, one line when it changes for good.

    With `leaving`, of processes that stop; else of processes that start.
    """

    def __init__(self, *, leaving: bool = False) -> None:
        self._leaving = leaving
        self._told: dict[str, str] = {}
        self._notices: set[str] = set()
        self._began = time.monotonic()
        self._spinner = err.status("stopping …" if leaving else "starting the supervisor …")

    def __enter__(self) -> Follower:
        self._spinner.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._spinner.stop()

    def __call__(self, status: StackStatus) -> None:
        """Hear a new table."""
        for notice in status.notices:
            if notice not in self._notices:
                self._notices.add(notice)
                say(f"[yellow]![/] {escape(notice)}")
        for line in status.processes:
            self._tell(line)
        if self._leaving:
            unsettled = [line.name for line in status.processes if line.identity is not None]
        else:
            unsettled = [line.name for line in status.processes if line.state not in _SETTLED]
        if unsettled:
            self._spinner.update(f"{'stopping' if self._leaving else 'waiting for'} {', '.join(unsettled)} …")

    def _tell(self, line: ProcessStatus) -> None:
        key = f"{line.state} {line.detail}"
        if self._told.get(line.name) == key:
            return
        self._told[line.name] = key
        name, after = f"{line.name:<13}", f"[dim]{time.monotonic() - self._began:5.1f} s[/]"
        if self._leaving:
            if line.state == "stopped":
                say(f"  [green]✓[/] {name} stopped {after}")
        elif line.state == "running":
            where = f"127.0.0.1:{line.port}" if line.port else f"pid {line.pid}"
            say(f"  [green]✓[/] {name} {where:<18} {after}")
        elif line.state == "done":
            say(f"  [green]✓[/] {name} {escape(line.detail):<18} {after}")
        elif line.state == "failed":
            say(f"  [red]✗[/] {name} {escape(line.detail.splitlines()[0])}")
        elif line.state == "restarting":
            say(f"  [yellow]![/] {name} {escape(line.detail)}: starting it again")


def _where(stack: Stack, endpoints: Endpoints, status: StackStatus) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    if not status.servers_only:
        table.add_row("API", endpoints.gateway_url)
        table.add_row("API docs", f"{endpoints.gateway_url}/schema")
    table.add_row("S3", endpoints.s3_endpoint)
    table.add_row("Triton", f"{endpoints.triton_url} (gRPC), {endpoints.triton_http_url}")
    table.add_row("passwords", str(stack.paths.config))
    table.add_row("logs", str(stack.paths.logs))
    return table


def _after_up(servers_only: bool) -> dict[str, str]:
    steps = {"sightline status": "every process with its health", "sightline logs NAME -f": "what one of them says"}
    if not servers_only:
        steps = {"sightline ingest FILE": "bring in footage", 'sightline search "a person"': "find it again"} | steps
    return steps | {"sightline down": "stop everything"}


def up(
    state: StateOption = _DEFAULT_STATE,
    profile: Annotated[
        str | None,
        typer.Option(help="Which weights Triton serves: tiny, or one that was pulled. Kept for the next start."),
    ] = None,
    foreground: Annotated[
        bool, typer.Option("--foreground/--detach", help="Stay until Ctrl-C, then stop everything.")
    ] = False,
    servers_only: Annotated[
        bool, typer.Option("--servers-only", help="Postgres, Valkey, S3 and Triton, without the application.")
    ] = False,
) -> None:
    """Start the servers, the workers and the gateway, and wait until they are healthy."""
    stack = Stack(state)
    with told_plainly(stack):
        try:
            with Follower() as follower:
                endpoints = stack.start(
                    profile=profile, servers_only=servers_only, with_me=foreground, on_change=follower
                )
        except AlreadyRunningError:
            _already_running(stack, profile)
            return
        except KeyboardInterrupt:
            say("Stopped before everything was up; nothing was left running.")
            raise typer.Exit(130) from None
        status = stack.status()
        if status is None:
            raise StackFailedError(f"the stack went down again; see {stack.paths.log('supervisor')}")
        say("\n[bold green]Everything runs.[/]")
        err.print(_where(stack, endpoints, status))
        if foreground:
            _stay(stack)
        else:
            next_steps(_after_up(servers_only))


def _already_running(stack: Stack, profile: str | None) -> None:
    status = stack.status()
    if status is None or status.phase != "ready":
        raise CommandFailed(
            f"Another start or stop is under way on {stack.paths.root}.", hint="Look at it: sightline status"
        )
    config = stack.config()
    if profile is not None and profile != config.profile:
        raise CommandFailed(
            f"Sightline already runs on {stack.paths.root}, with profile {config.profile}.",
            hint=f"To change it while it runs: sightline models switch {profile}",
        )
    say(f"Sightline already runs on {stack.paths.root} [dim](supervisor pid {status.supervisor.pid})[/]")
    err.print(_where(stack, stack.endpoints(), status))
    next_steps({"sightline status": "every process with its health", "sightline down": "stop everything"})


def _stay(stack: Stack) -> None:
    say("\nCtrl-C stops everything.")
    try:
        while stack.running:
            time.sleep(1)
    except KeyboardInterrupt:
        with Follower(leaving=True) as follower:
            stack.stop(on_change=follower)
        say("Stopped. The data stay; start again with [bold]sightline up[/].")
        return
    raise StackFailedError(f"the supervisor ended by itself; see {stack.paths.log('supervisor')}")


def down(state: StateOption = _DEFAULT_STATE) -> None:
    """Stop everything in good order. The data stay."""
    stack = Stack(state)
    with told_plainly(stack):
        ran = stack.running
        with Follower(leaving=True) as follower:
            ended = stack.stop(on_change=follower)
    if ran:
        say(f"Stopped. The data stay in {stack.paths.root}.")
    elif ended:
        say("The supervisor had been killed; what it left running was ended. The data stay.")
    else:
        say(f"Nothing runs on {stack.paths.root}.")
    next_steps({"sightline up": "start it again"} if ran or ended else {"sightline up": "start it"})


def _uptime(line: ProcessStatus) -> float | None:
    return time.time() - line.since if line.since is not None and line.state == "running" else None


def _for_people(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _as_data(stack: Stack, status: StackStatus) -> dict[str, object]:
    endpoints = stack.endpoints()
    return {
        "state": str(stack.paths.root),
        "phase": status.phase,
        "profile": stack.config().profile,
        "supervisor_pid": status.supervisor.pid,
        "gateway_url": None if status.servers_only else endpoints.gateway_url,
        "s3_endpoint": endpoints.s3_endpoint,
        "triton_url": endpoints.triton_url,
        "processes": [
            {
                "name": line.name,
                "state": line.state,
                "pid": line.pid,
                "port": line.port,
                "uptime_s": round(uptime, 1) if (uptime := _uptime(line)) is not None else None,
                "restarts": line.restarts,
                "healthy": line.healthy,
                "detail": line.detail,
            }
            for line in status.processes
        ],
    }


def _sound(status: StackStatus) -> bool:
    return status.phase == "ready" and all(
        line.state in _SETTLED and line.healthy is not False for line in status.processes
    )


def status(state: StateOption = _DEFAULT_STATE, as_json: JsonOption = False) -> None:
    """Show every process: state, pid, port, uptime, restarts, health.

    Exit code 0 if everything is healthy, 1 if something is not, 3 if nothing runs.
    """
    stack = Stack(state)
    with told_plainly(stack):
        now = stack.status()
        if now is None:
            if as_json:
                print_json({"state": str(stack.paths.root), "phase": "stopped", "processes": []})
                raise typer.Exit(EXIT_NOT_RUNNING)
            raise NotRunningError(f"nothing runs on {stack.paths.root}")
        if as_json:
            print_json(_as_data(stack, now))
        else:
            _show(stack, now)
    if not _sound(now):
        raise typer.Exit(1)


_COLOURS = {"running": "green", "done": "green", "failed": "red", "restarting": "yellow"}


def _show(stack: Stack, now: StackStatus) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("process", "state", "health", "pid", "port", "uptime", "restarts", ""):
        table.add_column(column, justify="right" if column in ("pid", "port", "restarts") else "left")
    for line in now.processes:
        colour = _COLOURS.get(line.state, "cyan")
        health = {True: "[green]healthy[/]", False: "[red]not healthy[/]", None: "–"}[line.healthy]
        table.add_row(
            line.name,
            f"[{colour}]{line.state}[/]",
            health,
            str(line.pid or "–"),
            str(line.port or "–"),
            _for_people(_uptime(line)),
            str(line.restarts) if line.pid else "–",
            f"[dim]{escape(line.detail)}[/]",
        )
    out.print(table)
    say(f"\n{now.phase} · {stack.paths.root} · profile {stack.config().profile}")
    bad = [line.name for line in now.processes if line.healthy is False]
    steps = {f"sightline logs {name}": "why it is not healthy" for name in bad[:1]}
    next_steps(steps or {"sightline logs NAME -f": "what one of them says", "sightline down": "stop everything"})


def _last_lines(path: Path, count: int) -> tuple[str, int]:
    """The last `count` lines of a file, and the offset after them."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - count * 400 - 4096))
        lines = file.read(size).decode(errors="replace").splitlines(keepends=True)
    return "".join(lines[-count:] if count else []), size


def logs(
    name: Annotated[str | None, typer.Argument(help="Which process; without it, the list of logs.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as the log grows, until Ctrl-C.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many lines from the end.")] = 50,
    state: StateOption = _DEFAULT_STATE,
) -> None:
    """Show what a process wrote."""
    stack = Stack(state)
    known = sorted(path.stem for path in stack.paths.logs.glob("*.log"))
    if name is None:
        for each in known:
            out.print(f"{each:<14} {stack.paths.log(each)}", soft_wrap=True)
        next_steps({f"sightline logs {known[0] if known else 'NAME'} -f": "follow one"})
        return
    if name not in known:
        raise CommandFailed(
            f"There is no log of {name} in {stack.paths.logs}.", hint=f"There are: {', '.join(known) or 'none yet'}"
        )
    path = stack.paths.log(name)
    text, offset = _last_lines(path, lines)
    out.file.write(text)
    out.file.flush()
    try:
        while follow:
            time.sleep(0.3)
            # A log that shrank was rotated: begin the new one.
            offset = offset if path.exists() and path.stat().st_size >= offset else 0
            with path.open("rb") as file:
                file.seek(offset)
                fresh = file.read()
            offset += len(fresh)
            out.file.write(fresh.decode(errors="replace"))
            out.file.flush()
    except KeyboardInterrupt:
        return


def migrate(state: StateOption = _DEFAULT_STATE) -> None:
    """Bring the running stack's database to the newest schema (`up` does it too)."""
    import psycopg

    from infra.embedded.topology import migrate_now

    stack = Stack(state)
    with told_plainly(stack):
        if not stack.running:
            raise NotRunningError(f"nothing runs on {stack.paths.root}")
        try:
            done = migrate_now(stack.config())
        except psycopg.Error as error:
            raise CommandFailed(
                f"The migration failed: {str(error).strip()}",
                hint="The failed file left nothing; those before it stay.",
            ) from error
    say(f"[green]✓[/] schema: {done}")
    next_steps({"sightline status": "every process with its health"})
