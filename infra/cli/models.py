"""`sightline models`: the weights behind the models that Triton serves."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table

from infra.cli.console import CommandFailed, err, next_steps, out, print_json, say

commands = typer.Typer(
    no_args_is_help=True, help="The weights behind the models: list them, build the text tower, pull a profile, train."
)

StateOption = Annotated[Path, typer.Option("--state", help="The state folder.", envvar="SIGHTLINE_STATE")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON for a program to read.")]


def register(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(commands, name="models")


def _plain(slot: object) -> dict[str, object]:
    return {name: str(value) if isinstance(value, Path) else value for name, value in vars(slot).items()}


@commands.command("list", epilog="Example: sightline models list --json")
def list_models(state: StateOption = Path(".sightline"), as_json: JsonOption = False) -> None:
    """List every profile's models: weights, licence, vector space, state."""
    from infra.models.profiles import WeightsState, slots

    found = slots(state)
    if as_json:
        print_json([_plain(slot) for slot in found])
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("profile", "model", "weights", "licence", "space", "input", "MB", "sha256", "state"):
        table.add_column(column, justify="right" if column == "MB" else "left", overflow="fold")
    for slot in found:
        ready = slot.state is WeightsState.READY
        space = f"{slot.space} ({slot.dimension})" if slot.space else "–"
        shape = "×".join("n" if size < 0 else str(size) for size in slot.input_shape)
        size = f"{slot.size / 1e6:.1f}" if ready else "–"
        status = "[green]ready[/]" if ready else "[yellow]missing[/]"
        table.add_row(
            slot.profile, slot.model, slot.weights, slot.licence, space, shape, size, slot.sha256[:12] or "–", status
        )
    # A pipe has no width: do not squeeze what a program or a page will hold.
    out.print(table, width=None if out.is_terminal else 160)
    if any(slot.model == "embed_text" and slot.state is WeightsState.MISSING for slot in found):
        next_steps({"sightline models build-text": "build the text tower from its installed package"})


@commands.command("build-text", epilog="Example: sightline models build-text")
def build_text(
    force: Annotated[bool, typer.Option("--force", help="Build it again though it is there.")] = False,
) -> None:
    """Build the text tower (all-MiniLM-L6-v2, 24 MB) from its locked package; a second run does nothing."""
    from infra.models import text_tower
    from infra.models.profiles import REPOSITORY

    target = REPOSITORY / "embed_text" / "1" / "model.onnx"
    if target.is_file() and not force:
        say(f"{target} is there already; --force builds it again.")
        return
    try:
        with err.status("Building the text tower …"):
            text_tower.build(target)
    except (text_tower.WrongWeightsError, ModuleNotFoundError) as failure:
        raise CommandFailed(str(failure), hint="Install the embedded extra again: make venv") from failure
    say(f"[green]✓[/] {target} ({target.stat().st_size / 1e6:.0f} MB)")


@commands.command("pull", epilog="Example: sightline models pull base --from /media/usb/models --only detect")
def pull_profile(
    profile: Annotated[str, typer.Argument(help="The profile to pull, e.g. base.")],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            help="A folder with the files under their names in the lock, instead of the network.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="Pull this model alone; may be repeated.")] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option("--weights", help="Take these weights for their model, not the best; may be repeated."),
    ] = None,
    state: StateOption = Path(".sightline"),
    as_json: JsonOption = False,
) -> None:
    """Fetch a profile's open weights, check them against their pins and bind the models to them.

    An interrupted download goes on where it stopped.
    """
    from infra.cli.pulling import pull_with_progress, tell
    from infra.models.pull import Outcome

    pulled = pull_with_progress(profile, source, state, tuple(only or ()), tuple(weights or ()))
    if as_json:
        print_json([_plain(slot) for slot in pulled])
    else:
        tell(profile, pulled)
    refused = [slot.model for slot in pulled if slot.outcome is Outcome.REFUSED]
    if refused:
        raise CommandFailed(
            f"not what is pinned: {', '.join(refused)}",
            hint="Get the file again from its source, or from another mirror.",
        )


@commands.command("pin", epilog="Example: sightline models pin base dfine-s-coco --from dfine_s_coco.onnx")
def pin_weights(
    profile: Annotated[str, typer.Argument(help="The profile, e.g. base.")],
    weights: Annotated[str, typer.Argument(help="The weights, as the lock names them.")],
    part: Annotated[str, typer.Option("--part", help="Which of the weights' files.")] = "model",
    file: Annotated[Path | None, typer.Option("--from", help="The file.", exists=True, dir_okay=False)] = None,
    url: Annotated[str, typer.Option("--url", help="Where to read it instead of the lock's address.")] = "",
    state: StateOption = Path(".sightline"),
) -> None:
    """For maintainers: read a weight file and print its entry for the lock, to be reviewed."""
    from infra.cli.pulling import pin

    pin(profile, weights, part, file, url, state)


@commands.command("evaluate", epilog="Example: sightline models evaluate tiny")
def evaluate_profile(
    profile: Annotated[str, typer.Argument(help="The profile to measure, e.g. tiny.")],
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Measure on your own clips in this folder.", file_okay=False)
    ] = None,
    truth: Annotated[
        Path | None, typer.Option("--truth", help="Their truth file; without it, truth.json in the folder.")
    ] = None,
    state: StateOption = Path(".sightline"),
    as_json: JsonOption = False,
) -> None:
    """Measure how good a profile's models are: finding, following, searching, recognising, redaction (minutes)."""
    from bench.quality.evaluate import evaluate
    from bench.quality.publish import publish_quality, store
    from bench.quality.truth import TruthError
    from bench.quality.weights import NoSuchProfileError
    from infra.models.lock import WeightsMismatchError

    try:
        with err.status("Measuring …") as status:
            done = evaluate(profile, state, folder=folder, truth=truth, tell=status.update)
    except (NoSuchProfileError, TruthError, WeightsMismatchError) as failure:
        raise CommandFailed(str(failure), exit_code=2) from failure
    except FileNotFoundError as failure:
        raise CommandFailed(f"{failure.filename} is not there", exit_code=2) from failure
    measurement, target = store(done, None, folder=folder)
    if as_json:
        print_json(msgspec.to_builtins(measurement))
        return
    publish_quality(done, measurement, target, None)


@commands.command("card", epilog="Example: sightline models card detect")
def show_card(model: Annotated[str, typer.Argument(help="The model, e.g. detect.")]) -> None:
    """Show a model's card: data, licence, splits, figures, limits."""
    from infra.models.profiles import MODELS, REPOSITORY

    if model not in MODELS:
        raise CommandFailed(f"there is no model {model!r}; there are: {', '.join(MODELS)}", exit_code=2)
    from rich.markdown import Markdown

    out.print(Markdown((REPOSITORY / model / "CARD.md").read_text(encoding="utf-8")))
    figures = REPOSITORY / model / "figures.json"
    if figures.is_file():
        out.print("\n[bold]All figures of the training run[/]")
        for name, value in json.loads(figures.read_text(encoding="utf-8")).items():
            out.print(f"  {name:<60} {value}")


@commands.command(
    "train",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="Example: sightline models train --smoke",
)
def train(context: typer.Context) -> None:
    """Train the tiny profile's networks again, in their own environment (.venv-train, made by `make models`)."""
    python = Path(".venv-train/bin/python")
    if not python.is_file():
        raise CommandFailed(f"{python} is not there", hint="Make it: make models")
    sys.stdout.flush()
    os.execv(str(python), [str(python), "-m", "infra.models.train", *context.args])  # noqa: S606 - a fixed program of ours
