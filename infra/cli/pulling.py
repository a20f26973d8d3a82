"""What `sightline models pull` and `pin` show: progress while files come, and what became of each slot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from infra.cli.console import CommandFailed, err, next_steps, out, say

if TYPE_CHECKING:
    from infra.models.pull import PulledSlot


def pull_with_progress(
    profile: str, source: Path | None, state: Path, only: Sequence[str], weights: Sequence[str]
) -> list[PulledSlot]:
    """Pull a profile, with a bar for each file that is fetched or checked."""
    from infra.models.lock import UnknownProfileError, UnknownSlotError
    from infra.models.pull import chosen_slots, pull

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    try:
        slots = chosen_slots(profile, only, weights).values()
        sizes = {file.name: file.size for slot in slots for one in slot.weights for file in one.files.values()}
        with Progress(*columns, TimeRemainingColumn(), console=err, transient=True) as bars:
            lines = {name: bars.add_task(name, total=size, visible=False) for name, size in sizes.items()}
            return pull(
                profile,
                source,
                state,
                only=only,
                weights=weights,
                progress=lambda name, there: bars.update(lines[name], completed=there, visible=True),
            )
    except (UnknownProfileError, UnknownSlotError) as failure:
        raise CommandFailed(str(failure), exit_code=2) from failure
    except OSError as failure:
        raise CommandFailed(
            f"the weights cannot be kept in {state}: {failure}", hint="Choose another --state."
        ) from failure


def tell(profile: str, pulled: Sequence[PulledSlot]) -> None:
    """Say for each slot what serves it now, and why it is not the best weights."""
    from infra.models.pull import Outcome

    for slot in pulled:
        if slot.outcome is Outcome.BOUND:
            say(f"[green]✓[/] {slot.model}: {escape(slot.title)}, {slot.licence}")
        elif slot.weights:
            mark = "[red]✗[/]" if slot.outcome is Outcome.REFUSED else "[yellow]–[/]"
            say(f"{mark} {slot.model}: the weights of [bold]{escape(slot.weights)}[/] serve it")
        else:
            say(f"[yellow]–[/] {slot.model}: nothing serves it")
        for reason in slot.reasons:
            say(f"    [dim]{escape(reason)}[/]")
    if any(slot.outcome is Outcome.BOUND for slot in pulled):
        next_steps(
            {
                f"sightline models switch {profile}": "use the new weights; searches follow when all is embedded anew",
                f"sightline up --profile {profile}": "or start with them",
            }
        )


def pin(profile: str, weights: str, part: str, file: Path | None, url: str, state: Path) -> None:
    """Print the lock entry of a file as it is, for somebody to compare with its publisher's word and to write down."""
    import httpx

    from infra.models.fetch import fetch_unpinned
    from infra.models.lock import UnknownProfileError, UnknownSlotError, locked_weights, pin_of

    try:
        parts = locked_weights(profile, weights).files
    except (UnknownProfileError, UnknownSlotError) as failure:
        raise CommandFailed(str(failure), exit_code=2) from failure
    if part not in parts:
        raise CommandFailed(f"{weights} has no file {part!r}; it has: {', '.join(parts)}", exit_code=2)
    address = url or (parts[part].urls[0] if parts[part].urls else "")
    if file is None and not address:
        raise CommandFailed(
            f"{weights} names no address for {part!r}", hint="Name a file with --from or an address with --url."
        )
    try:
        read = file or fetch_unpinned(address, state / "weights" / f"unpinned-{parts[part].name}")
    except httpx.HTTPError as failure:
        raise CommandFailed(f"{address}: {failure or type(failure).__name__}") from failure
    found = pin_of(read)
    say("Compare these with what the publisher gives before you write them into the lock:")
    out.print(f'name = "{parts[part].name}"', markup=False)
    out.print(f"size = {found.size}", markup=False)
    out.print(f'sha256 = "{found.sha256}"', markup=False)
    out.print(f'sha384 = "{found.sha384}"', markup=False)
    if address:
        out.print(f'urls = ["{address}"]', markup=False)
