"""How the command line speaks: results on stdout, everything else on stderr."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import msgspec
from rich.console import Console
from rich.markup import escape

# A pipe has no width: what goes into one is not squeezed into 80 columns.
_PIPE_WIDTH = 200

out = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
err = Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else _PIPE_WIDTH)


class CommandFailed(Exception):  # noqa: N818  read where it is raised: the command failed
    """A command that could not do its work.

    `message` says what went wrong, `hint` what to do about it; `exit_code` is what the shell sees (1 by default,
    2 is kept for wrong usage).
    """

    def __init__(self, message: str, *, hint: str = "", exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code


def report_failure(failure: CommandFailed) -> None:
    """Tell a person what failed and what to do, on stderr."""
    err.print(f"[bold red]✗[/] {escape(failure.message)}", soft_wrap=True)
    if failure.hint:
        err.print(f"  {escape(failure.hint)}", soft_wrap=True)


def say(message: str) -> None:
    """A line of progress for a person (stderr, rich markup)."""
    err.print(message, soft_wrap=True)


def next_steps(steps: Mapping[str, str]) -> None:
    """End a command by naming what to do next: command → what it does (stderr)."""
    width = max(len(command) for command in steps)
    err.print("\n[dim]Next:[/]")
    for command, meaning in steps.items():
        err.print(f"  [bold]{escape(command.ljust(width))}[/]  [dim]{escape(meaning)}[/]", soft_wrap=True)


def print_json(value: object) -> None:
    """Write a value that a program will read: indented JSON on stdout, nothing else."""
    out.file.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")
