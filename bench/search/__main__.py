"""How fast and how completely the nearest of many vectors are found, ours and others' in one run.

    python -m bench.search [--json FILE] [--state FOLDER] [--sizes 100k 1m 10m] [--only ours pgvector …] [--quick]

What is slow to make (vectors, truth, tables, indexes) stays in the state folder: cut off, it goes on where it was, and
a second run only measures. Every size has a Postgres of its own there.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from bench.report import measured, publish
from bench.search.data import DAYS, MIXES, Queries, Site, Truth, find_truth, make_site
from bench.search.gateway import measure_gateway
from bench.search.load import load_attributes, load_vectors, make_days, make_space
from bench.search.measure import Search, timed
from bench.search.merged import drop_a_day, merged_copy
from bench.search.ours import Ours, PlainPgvector
from bench.search.peers import faiss_ways, qdrant_ways, sqlite_ways
from bench.search.server import Server, running_postgres
from bench.search.tracks import load_tracks
from bench.search.upkeep import measure_upkeep, seal_days
from contracts.vocabulary import SPACE_DIMENSIONS, Space

SIZES = {"100k": 100_000, "1m": 1_000_000, "10m": 10_000_000}
WAYS = ("ours", "merged", "gateway", "upkeep", "pgvector", "sqlite_vec", "qdrant_edge", "faiss")
KIND = Space.SEMANTIC

GOALS = {
    "camera_hour": (("sqlite_vec_parted", 0.05), ("sqlite_vec_frigate", 0.01)),
    "class_day": (("sqlite_vec_parted", 0.30), ("sqlite_vec_frigate", 0.03), ("qdrant_edge", 1.2)),
    "cameras_week": (("sqlite_vec_parted", 0.20), ("sqlite_vec_frigate", 0.06), ("qdrant_edge_acorn", 0.4)),
    "none": (("qdrant_edge", 2.0),),
}
"""What our p95 should be at most, in shares of another's."""


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument(
        "--state", type=Path, default=Path(".sightline/bench-search"), help="where what was made is kept"
    )
    parser.add_argument("--sizes", nargs="+", choices=tuple(SIZES), default=["100k"], help="vectors, three a track")
    parser.add_argument("--only", nargs="+", choices=WAYS, default=list(WAYS), help="measure these alone")
    parser.add_argument("--quick", action="store_true", help="each search once instead of twice")
    arguments = parser.parse_args()
    figures: dict[str, float] = {}
    for size in arguments.sizes:
        figures |= _one_size(size, arguments.state.absolute(), arguments.only, 1 if arguments.quick else 2)
    figures |= _ratios(figures, arguments.sizes)
    settings = {
        "dimension": SPACE_DIMENSIONS[KIND],
        "sizes": arguments.sizes,
        "ways": arguments.only,
        "queries_each": 200,
        "k": 20,
        "days": DAYS,
    }
    publish(measured("search", settings, figures), arguments.json)


def _one_size(size: str, state: Path, only: list[str], repeats: int) -> dict[str, float]:
    folder = state / size
    _say(f"{size}: vectors and truth")
    site, queries = make_site(SIZES[size], SPACE_DIMENSIONS[KIND], folder / "site")
    truth = find_truth(site, queries, folder / "site")
    known = _Known(size, site, queries, truth, repeats)
    figures: dict[str, float] = {
        f"site.{size}.{mix}.matches": float(sorted(truth[mix].matches)[len(queries.vectors) // 2]) for mix in MIXES
    }
    if {"ours", "merged", "gateway", "pgvector", "upkeep"} & set(only):
        with running_postgres(folder / "postgres") as server:
            figures |= _ours(known, server, only, folder)
    for way, made in (("sqlite_vec", sqlite_ways), ("qdrant_edge", qdrant_ways), ("faiss", faiss_ways)):
        if way in only:
            _say(f"{size}: {way}")
            began = time.monotonic()
            fresh = not (folder / way).exists()
            ways = made(site, queries, folder / way)
            if fresh:
                figures[f"{way}.{size}.build_s"] = time.monotonic() - began
            for name, search in ways.items():
                figures |= known.figures(name, search)
    return figures


class _Known:
    """What is searched, and what should be found."""

    def __init__(self, size: str, site: Site, queries: Queries, truth: dict[str, Truth], repeats: int) -> None:
        self.size, self.site, self.queries, self.truth, self.repeats = size, site, queries, truth, repeats

    def figures(self, name: str, search: Search, server: int | None = None) -> dict[str, float]:
        """Of one way, on every mix."""
        figures: dict[str, float] = {}
        for mix in MIXES:
            found = timed(
                f"{name}.{self.size}.{mix}",
                search,
                mix,
                (self.site, self.queries, self.truth[mix]),
                server=server,
                repeats=self.repeats,
            )
            figures |= found
            told = {figure.rpartition(".")[2]: round(value, 3) for figure, value in found.items()}
            _say(f"  {name} {mix}: {told}")
        return figures


def _ours(known: _Known, server: Server, only: list[str], folder: Path) -> dict[str, float]:
    size = known.size
    figures: dict[str, float] = {}
    with psycopg.connect(server.dsns["owner"], autocommit=True) as owner:
        space_id = _loaded(owner, known.site)
        figures |= seal_days(owner, server.dsns["embed"], size)
        if "ours" in only:
            _say(f"{size}: ours")
            figures |= _searched(known, "ours", server)
        if "gateway" in only:
            _once(owner, [("tracks", lambda: load_tracks(owner, known.site))])
            _say(f"{size}: gateway")
            figures |= measure_gateway(server, folder, known.site, known.queries, size=size)
        if "upkeep" in only:
            _say(f"{size}: upkeep")
            figures |= measure_upkeep(owner, server, known.site, known.queries, size=size, space_id=space_id)
    if "merged" in only:
        _say(f"{size}: merged")
        copy, took = merged_copy(server, size)
        figures |= took | _searched(known, "merged", copy) | drop_a_day(copy, size)
    if "pgvector" in only:
        _say(f"{size}: pgvector")
        plain = PlainPgvector(server.superuser_dsn, KIND, known.site, known.queries)
        plain.build(f"embed.semantic_{SPACE_DIMENSIONS[KIND]}")
        figures |= known.figures("pgvector", plain.search, plain.steer())
        plain.close()
    return figures


def _searched(known: _Known, name: str, server: Server) -> dict[str, float]:
    """Our searches of one database, and the ways that they took."""
    ours = Ours(server.dsns["search"], KIND, known.site, known.queries)
    figures = known.figures(name, ours.search, ours.process()) | _ways_taken(known, name, ours)
    ours.close()
    return figures


def _loaded(owner: psycopg.Connection[tuple[object, ...]], site: Site) -> int:
    """The space's number, once all of the site is stored."""
    make_days(owner)
    space_id = make_space(owner, KIND, SPACE_DIMENSIONS[KIND])
    _once(
        owner,
        [
            ("vectors", lambda: load_vectors(owner, KIND, site, space_id)),
            ("attributes", lambda: load_attributes(owner, site)),
        ],
    )
    return space_id


def _once(owner: psycopg.Connection[tuple[object, ...]], steps: list[tuple[str, Callable[[], None]]]) -> None:
    """Does those steps of loading that were not done before."""
    owner.execute("CREATE TABLE IF NOT EXISTS public.bench_steps (step text PRIMARY KEY)")
    for name, step in steps:
        if owner.execute("SELECT FROM public.bench_steps WHERE step = %s", (name,)).fetchone() is None:
            _say(f"  storing {name}")
            with owner.transaction():
                step()
                owner.execute("INSERT INTO public.bench_steps VALUES (%s)", (name,))


def _ways_taken(known: _Known, name: str, ours: Ours) -> dict[str, float]:
    """Share of the searches of each mix that went each way."""
    figures: dict[str, float] = {}
    for mix in MIXES:
        taken = [
            stretch.way for number in range(len(known.queries.vectors)) for stretch in ours.plan(mix, number).stretches
        ]
        for way in sorted(set(taken)):
            figures[f"{name}.{known.size}.{mix}.way.{way}"] = taken.count(way) / len(taken)
    return figures


def _ratios(figures: dict[str, float], sizes: list[str]) -> dict[str, float]:
    ratios: dict[str, float] = {}
    for size in sizes:
        for mix, goals in GOALS.items():
            for peer, goal in goals:
                theirs = figures.get(f"{peer}.{size}.{mix}.p95_ms")
                for name in ("ours", "merged"):
                    own = figures.get(f"{name}.{size}.{mix}.p95_ms")
                    if own is not None and theirs:
                        ratios[f"ratio.{size}.{mix}.{name}_p95_to_{peer}"] = own / theirs
                        ratios[f"goal.{size}.{mix}.{name}_p95_to_{peer}"] = goal
    if "1m" in sizes and "10m" in sizes:
        for mix in MIXES:
            small, large = (figures.get(f"ours.{size}.{mix}.p95_ms") for size in ("1m", "10m"))
            if small and large is not None:
                ratios[f"ratio.10m_to_1m.{mix}.p95"] = large / small
    return ratios


def _say(what: str) -> None:
    sys.stderr.write(what + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
