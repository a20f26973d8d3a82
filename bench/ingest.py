"""How fast footage is taken in, what it costs in rows and bytes, and how quickly it is found again.

    python -m bench.ingest [--json FILE] [--footage FILE …] [--weights FOLDER] [--state FOLDER] [--searches N]

Everything goes through the REST API of a whole stack: a fresh one, thrown away afterwards, or the running one of
`--state`. Without `--footage` a site of three cameras is rendered (once, always the same). The first recording is taken
in alone, the others all at once. Where the time went is read from what the services wrote down.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import boto3
import psycopg
from botocore.client import Config
from psycopg.rows import dict_row

from bench.report import measured, percentiles, publish
from contracts.vocabulary import ItemKind
from gateway.bodies.recordings import Recording, RecordingState
from gateway.bodies.search import SearchDone
from infra.cli.client import Client
from infra.cli.tenants import create_key, create_tenant
from infra.demo.footage import QUESTIONS_RENDERED
from infra.embedded.stack import Endpoints, Stack
from infra.models.pull import pull
from infra.rendered_site.film import render_site
from infra.rendered_site.plan import plan_site
from kit.sql import Statements

_SQL = Statements(Path(__file__).with_name("ingest.sql"))

RENDERED = Path(__file__).parent / "results" / "footage"
SEED, CAMERAS, SECONDS = 11, 3, 45.0
START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

STAGES = {
    "decode": ("decode", "luma", "convert", "transfer"),
    "detect": ("detect",),
    "track": ("track", "gate"),
    "write": ("write", "scene"),
}
"""What a segment's own stages are summed up as; embed's come from its jobs."""


class BenchFailedError(Exception):
    """Nothing can be said: something that is measured did not work."""


@dataclass(frozen=True)
class TakenIn:
    """Recordings that went in together."""

    recordings: Sequence[Recording]
    wall_seconds: float

    @property
    def footage_seconds(self) -> float:
        """Length of all of them."""
        return sum(
            (recording.ended_at - recording.started_at).total_seconds()
            for recording in self.recordings
            if recording.started_at is not None and recording.ended_at is not None
        )


def main() -> None:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(prog="python -m bench.ingest", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--footage", type=Path, nargs="+", default=[], help="your own files; none: a rendered site")
    parser.add_argument(
        "--weights", type=Path, help="folder of the `base` profile's weights for the fresh stack's detector"
    )
    parser.add_argument("--state", type=Path, default=None, help="measure the stack that runs on this folder")
    parser.add_argument("--searches", type=int, default=30, help="searches of each kind")
    arguments = parser.parse_args()
    clips = arguments.footage or _rendered()
    with _stack(arguments.state, arguments.weights) as endpoints:
        figures = _figures(endpoints, clips, arguments.searches)
    settings = {
        "footage": [clip.name for clip in clips],
        "rendered": not arguments.footage,
        "detector": "base" if arguments.weights else "as the stack has it" if arguments.state else "tiny",
        "searches_each": arguments.searches,
    }
    publish(measured("ingest", settings, figures), arguments.json)


def _figures(endpoints: Endpoints, clips: Sequence[Path], searches: int) -> dict[str, float]:
    tenant = f"bench-{uuid4().hex[:8]}"
    tenant_id = create_tenant(endpoints.dsn("owner"), tenant)
    key = create_key(endpoints.dsn("owner"), tenant, name="bench").key
    with Client(endpoints.gateway_url, key) as client:
        stored = _stored_bytes(endpoints)
        alone = _take_in(client, clips[:1])
        together = _take_in(client, clips[1:]) if len(clips) > 1 else alone
        grown = {kind: after - stored[kind] for kind, after in _stored_bytes(endpoints).items()}
        everything = TakenIn(
            [*alone.recordings, *(together.recordings if together is not alone else [])],
            alone.wall_seconds + (together.wall_seconds if together is not alone else 0.0),
        )
        return {
            **_speed(endpoints, tenant_id, alone, together, everything),
            **_amounts(endpoints, tenant_id, everything, grown),
            **_search_latency(client, searches),
        }


def _take_in(client: Client, clips: Sequence[Path]) -> TakenIn:
    """Uploads the clips, a camera each, and waits until all can be searched."""
    cameras = [client.create_camera(f"{clip.stem}-{uuid4().hex[:6]}").id for clip in clips]
    began = time.monotonic()
    accepted = [client.upload(clip, camera, started_at=START) for clip, camera in zip(clips, cameras, strict=True)]
    recordings = [client.follow_recording(one.id, interval=0.2) for one in accepted]
    wall = time.monotonic() - began
    for recording in recordings:
        if recording.state is not RecordingState.READY:
            raise BenchFailedError(f"{recording.filename} was not taken in: {recording.failure or recording.state}")
    return TakenIn(recordings, wall)


def _speed(
    endpoints: Endpoints, tenant_id: UUID, alone: TakenIn, together: TakenIn, everything: TakenIn
) -> dict[str, float]:
    with psycopg.connect(endpoints.superuser_dsn, row_factory=dict_row) as connection:
        counted = _numbers(connection.execute(_SQL["segment_figures"], {"tenant_id": tenant_id}).fetchall())
        embed = _numbers(connection.execute(_SQL["embed_seconds"], {"tenant_id": tenant_id}).fetchall())
        jobs = connection.execute(_SQL["job_seconds"], {"tenant_id": tenant_id}).fetchall()
    if not counted.get("decoded"):
        raise BenchFailedError("the segments tell no frames")
    hours = everything.footage_seconds / 3600
    spent = {stage: sum(counted.get(f"seconds.{part}", 0.0) for part in parts) for stage, parts in STAGES.items()} | {
        f"embed_{stage}": seconds for stage, seconds in embed.items()
    }
    return {
        "ingest.alone.x_realtime": alone.footage_seconds / alone.wall_seconds,
        "ingest.together.x_realtime": together.footage_seconds / together.wall_seconds,
        "ingest.together.recordings": len(together.recordings),
        "ingest.decoded.frames_per_s": counted["decoded"] / everything.wall_seconds,
        "ingest.sampled.frames_per_s": counted["sampled"] / everything.wall_seconds,
        "ingest.looked_at.frames_per_s": counted["looked_at"] / everything.wall_seconds,
        "ingest.looked_at.share_of_sampled": counted["looked_at"] / max(1.0, counted["sampled"]),
        **{f"spent.{stage}.s_per_footage_hour": seconds / hours for stage, seconds in spent.items()},
        **{f"jobs.{row['contract']}.s_per_footage_hour": row["seconds"] / hours for row in jobs},
    }


def _amounts(endpoints: Endpoints, tenant_id: UUID, everything: TakenIn, grown: dict[str, float]) -> dict[str, float]:
    hours = everything.footage_seconds / 3600
    with psycopg.connect(endpoints.superuser_dsn, row_factory=dict_row) as connection:
        rows = connection.execute(_SQL["rows"], {"tenant_id": tenant_id}).fetchall()
    originals = sum(recording.size_bytes for recording in everything.recordings)
    return {
        "footage.s": everything.footage_seconds,
        **{f"rows.{row['name']}.per_footage_hour": row["rows"] / hours for row in rows},
        **{f"payload.{row['name']}.bytes_per_footage_hour": row["bytes"] / hours for row in rows},
        **{f"disk.{kind}.bytes_per_footage_hour": size / hours for kind, size in grown.items()},
        "disk.objects.x_of_original": grown["objects"] / originals,
    }


def _search_latency(client: Client, searches: int) -> dict[str, float]:
    """Sequential searches of each kind, after a few that warm the workers."""
    track = next(iter(client.tracks()), None)
    if track is None:
        raise BenchFailedError("no track came out of the footage: there is nothing to search with")
    picture = client.store_picture(client.fetch(client.track(track.id).crops[0].url))
    asked: dict[str, Any] = {
        "text": lambda number: client.search(text=QUESTIONS_RENDERED[number % len(QUESTIONS_RENDERED)]),
        "picture": lambda _: client.search(picture_id=picture.id),
        "track": lambda _: client.search(track_id=track.id, kinds=[ItemKind.TRACK]),
    }
    figures: dict[str, float] = {}
    for kind, ask in asked.items():
        for number in range(3):
            ask(number)
        walls, answers = [], []
        for number in range(searches):
            began = time.monotonic()
            answers.append(ask(number))
            walls.append((time.monotonic() - began) * 1000)
        figures |= _split(f"search.{kind}", walls, answers)
    return figures


def _split(name: str, walls: Sequence[float], answers: Sequence[SearchDone]) -> dict[str, float]:
    """A search's time: `total` as the client saw it; of it `hop`, all that is not the worker's; `encode`; `query`."""
    return {
        **percentiles(f"{name}.total", walls),
        **percentiles(
            f"{name}.hop", [wall - answer.timings.total_ms for wall, answer in zip(walls, answers, strict=True)]
        ),
        **percentiles(f"{name}.encode", [answer.timings.encode_ms for answer in answers]),
        **percentiles(f"{name}.query", [answer.timings.query_ms for answer in answers]),
    }


def _stored_bytes(endpoints: Endpoints) -> dict[str, float]:
    """Bytes of all objects, and of the tables and indexes of ingest and embed."""
    store = boto3.client(
        "s3",
        endpoint_url=endpoints.s3_endpoint,
        aws_access_key_id=endpoints.s3_access_key,
        aws_secret_access_key=endpoints.s3_secret_key,
        region_name=endpoints.s3_region,
        config=Config(s3={"addressing_style": "path"}),
    )
    pages = store.get_paginator("list_objects_v2").paginate(Bucket=endpoints.s3_bucket)
    objects = sum(entry["Size"] for page in pages for entry in page.get("Contents", []))
    with psycopg.connect(endpoints.superuser_dsn, row_factory=dict_row) as connection:
        relations = connection.execute(_SQL["relation_bytes"]).fetchone()
    if relations is None:
        raise BenchFailedError("Postgres tells no sizes")
    return {"objects": float(objects), "tables": float(relations["bytes"])}


def _numbers(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    return {row["name"]: float(row["value"]) for row in rows}


def _rendered() -> list[Path]:
    if not (RENDERED / "truth.json").is_file():
        sys.stderr.write(f"rendering {CAMERAS} cameras of {SECONDS:.0f} s, once …\n")
        render_site(plan_site(SEED, cameras=CAMERAS, seconds=SECONDS), RENDERED)
    return sorted(RENDERED.glob("*.mp4"))


@contextmanager
def _stack(state: Path | None, weights: Path | None) -> Iterator[Endpoints]:
    """The running stack of a state folder, or a fresh one that is thrown away."""
    if state is not None:
        yield Stack(state).endpoints()
        return
    folder = Path(tempfile.mkdtemp(prefix="sightline-bench-"))
    try:
        if weights is not None:
            pull("base", weights, folder / "state", only=("detect",))
        with Stack(folder / "state").run(profile="tiny" if weights is None else "base") as endpoints:
            yield endpoints
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
