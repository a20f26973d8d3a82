"""What every measurement says about itself: where it ran, of which commit, with which settings, and its figures."""

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

CHECKOUT = Path(__file__).resolve().parents[1]


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one bench, as it is stored."""

    name: str
    """The module, without `bench.`."""
    commit: str
    """Of the checkout, with `+` where files were changed since; `unknown` outside of git."""
    machine: dict[str, Any]
    settings: dict[str, Any]
    figures: dict[str, float]
    """Dotted names to numbers; the last part of a name says the unit."""


def measured(name: str, settings: Mapping[str, Any], figures: Mapping[str, float]) -> Measurement:
    """A measurement made here and now."""
    rounded = {figure: round(float(value), 4) for figure, value in figures.items()}
    return Measurement(
        name=name, commit=_commit(), machine=_machine(), settings={**settings, "at": _now()}, figures=rounded
    )


def publish(measurement: Measurement, json_file: Path | None) -> None:
    """Prints the table, and writes the file where one was named."""
    table = Table(title=f"bench.{measurement.name}", title_justify="left", box=None, header_style="bold")
    table.add_column("figure")
    table.add_column("value", justify="right")
    group = ""
    for figure, value in measurement.figures.items():
        if group and figure.split(".")[0] != group:
            table.add_row()
        group = figure.split(".")[0]
        table.add_row(figure, f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.3g}")
    console = Console()
    console.print(table)
    machine = measurement.machine
    console.print(
        f"[dim]{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB;"
        f" load {machine['load']}; commit {measurement.commit}[/]",
        soft_wrap=True,
    )
    if json_file is not None:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(measurement), indent=2) + b"\n")
        console.print(f"[dim]written to {json_file}[/]", soft_wrap=True)


def percentiles(name: str, milliseconds: Sequence[float]) -> dict[str, float]:
    """`NAME.p50_ms` and `NAME.p95_ms`; nothing where nothing was measured."""
    if not milliseconds:
        return {}
    return {f"{name}.p{share}_ms": float(np.percentile(milliseconds, share)) for share in (50, 95)}


def _commit() -> str:
    try:
        head = _git("rev-parse", "--short=12", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _machine() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
