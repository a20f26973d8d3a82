"""Times searches one after the other, and tells how much of the truth they found."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from bench.report import percentiles
from bench.search.data import Queries, Site, Truth, recall

Search = Callable[[str, int], Sequence[int]]
"""A mix and a query's number to the rows found, best first."""

WARMING = 10
"""Searches before the first that counts."""

PATIENCE_SECONDS = 90.0
"""A mix is cut short after this, but not before 30 searches of each kind."""


def timed(
    name: str,
    search: Search,
    mix: str,
    truth: tuple[Site, Queries, Truth],
    *,
    server: int | None = None,
    repeats: int = 2,
) -> dict[str, float]:
    """Figures of one way on one mix.

    Args:
        name: what they begin with.
        search: the way.
        mix: the filters.
        truth: what is searched and what should be found.
        server: a process whose processor time counts too.
        repeats: each search is made so often; the quickest counts.

    Returns:
        Wall time and processor time, the latter telling more on a busy machine; recall@20 of all, of queries like
        pictures and of those like texts, and of the worst twentieth.
    """
    site, queries, exact = truth
    order = list(_interleaved(len(queries.vectors)))
    for number in order[:WARMING]:
        search(mix, number)
    walls, spent, shares = [], [], {False: [], True: []}  # type: tuple[list[float], list[float], dict[bool, list[float]]]
    began = time.perf_counter()
    for done, number in enumerate(order):
        best_wall = best_spent = float("inf")
        found: Sequence[int] = ()
        for _ in range(repeats):
            before, wall = _processor_seconds(server), time.perf_counter()
            found = search(mix, number)
            best_wall = min(best_wall, time.perf_counter() - wall)
            best_spent = min(best_spent, _processor_seconds(server) - before)
        walls.append(best_wall * 1000)
        spent.append(best_spent * 1000)
        shares[queries.is_text(number)].append(recall(site, queries, exact, number, list(found)))
        if time.perf_counter() - began > PATIENCE_SECONDS and done >= 60:
            break
    every = shares[False] + shares[True]
    return {
        **percentiles(name, walls),
        f"{name}.cpu_p95_ms": float(np.percentile(spent, 95)),
        f"{name}.recall20": float(np.mean(every)),
        f"{name}.recall20_picture": float(np.mean(shares[False])),
        f"{name}.recall20_text": float(np.mean(shares[True])),
        f"{name}.recall20_worst5": float(np.percentile(every, 5)),
    }


def _interleaved(count: int) -> Iterator[int]:
    """Pictures and texts in turn, in an order that is always the same."""
    half = count // 2
    for number in np.random.default_rng(5).permutation(half):
        yield int(number)
        yield int(number) + half


def _processor_seconds(server: int | None) -> float:
    """That this process, and the server's, have had."""
    spent = time.process_time()
    if server is not None:
        with suppress(OSError):
            spent += int(Path(f"/proc/{server}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    return spent
