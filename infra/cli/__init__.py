"""The `sightline` command for the people who operate it.

One module a command group. A module that adds commands defines `register(app)`; `main` finds it by being in this
package. Modules import what is heavy inside their commands, so that `sightline --help` stays quick.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import Annotated

import typer

from infra.cli.console import CommandFailed, report_failure

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2

app = typer.Typer(
    name="sightline",
    help="Sightline: footage of many cameras in, answers with evidence out.",
    epilog="See it all work: [bold]sightline demo[/bold]. To operate it: [bold]sightline up[/bold], then"
    " [bold]sightline status[/bold].",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"sightline {version('sightline')}")
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options that stand before the command."""


def load_commands() -> None:
    """Let every module of this package add its commands, in the order of their names."""
    for found in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        module = importlib.import_module(f"{__name__}.{found.name}")
        register = getattr(module, "register", None)
        if register is not None:
            register(app)


def main() -> None:
    """Run the command line; a failure a person can act on is told without a traceback."""
    load_commands()
    try:
        app()
    except CommandFailed as failure:
        report_failure(failure)
        sys.exit(failure.exit_code)
