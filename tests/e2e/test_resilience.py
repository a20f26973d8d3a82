"""Killing what works on a recording changes when it is done, never what comes out."""

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from gateway.bodies.recordings import RecordingState
from infra.cli.client import Client
from tests.e2e.conftest import START, RunningStack, take_in

# What the rows say, without what differs between any two recordings (ids, cameras).
TRACKS = """
SELECT t.ordinal, t.object_class, round(t.score::numeric, 4) AS score, t.started_at, t.ended_at, t.detections,
       t.path::text, array_agg(c.object_key ORDER BY c.rank) AS crops
  FROM ingest.tracks t JOIN ingest.crops c ON c.track_id = t.id
 WHERE t.recording_id = %s GROUP BY t.id ORDER BY t.ordinal"""
SCENES = "SELECT at, object_key FROM ingest.scenes WHERE recording_id = %s ORDER BY at"
SEGMENTS = "SELECT ordinal, sha256, state::text FROM ingest.segments WHERE recording_id = %s ORDER BY ordinal"
VECTORS = """
SELECT coalesce(t.ordinal, -1) AS track, v.started_at, v.rank, v.space_id, v.object_class, v.vector::text
  FROM {table} v LEFT JOIN ingest.tracks t ON t.id = v.item_id
 WHERE v.recording_id = %s ORDER BY 1, 2, 3, 4"""


@dataclass(frozen=True)
class Rows:
    """Everything that a recording left, and its hash."""

    tables: dict[str, list[dict[str, object]]]

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(self.tables).encode()).hexdigest()


def rows_of(running: RunningStack, recording_id: UUID) -> Rows:
    statements = {
        "segments": SEGMENTS,
        "tracks": TRACKS,
        "scenes": SCENES,
        "semantic": VECTORS.format(table="embed.semantic_384"),
        "appearance": VECTORS.format(table="embed.appearance_256"),
    }
    with psycopg.connect(running.endpoints.superuser_dsn, row_factory=dict_row) as connection:
        return Rows({name: connection.execute(sql, (recording_id,)).fetchall() for name, sql in statements.items()})


@pytest.fixture(scope="module")
def undisturbed(running: RunningStack, rendered_clip: Path) -> Rows:
    with running.tenant() as client:
        recording = take_in(client, rendered_clip, "gate")
    assert recording.state is RecordingState.READY, recording.failure
    rows = rows_of(running, recording.id)
    assert rows.tables["tracks"], "nothing was seen in the clip, so there is nothing to compare"
    assert rows.tables["semantic"]
    return rows


def wait_until_half_done(client: Client, recording_id: UUID) -> None:
    """Until some of the recording was looked at, and some was not."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        recording = client.recording(recording_id)
        if recording.segments_done:
            return
        time.sleep(0.05)
    raise AssertionError("the recording was never begun")


def test_the_same_footage_twice_gives_the_same_rows(
    running: RunningStack, client: Client, rendered_clip: Path, undisturbed: Rows
) -> None:
    again = take_in(client, rendered_clip, "gate")
    assert rows_of(running, again.id).tables == undisturbed.tables


@pytest.mark.parametrize("victim", ["ingest", "embed", "search", "search-query", "report", "valkey", "triton", "s3"])
def test_a_kill_in_mid_ingest_gives_the_rows_of_an_undisturbed_run(
    victim: str, running: RunningStack, client: Client, rendered_clip: Path, undisturbed: Rows
) -> None:
    camera = client.ensure_camera("gate", site="headquarters", time_zone="Europe/Berlin")
    accepted = client.upload(rendered_clip, camera.id, started_at=START)
    wait_until_half_done(client, accepted.id)
    killed = running.stack.kill(victim)
    running.stack.wait_replaced(killed, victim)
    recording = client.follow_recording(accepted.id, seconds=240)
    assert recording.state is RecordingState.READY, recording.failure
    rows = rows_of(running, recording.id)
    assert rows.tables == undisturbed.tables
    assert rows.digest == undisturbed.digest


def test_the_same_file_sent_twice_is_one_recording(client: Client, rendered_clip: Path) -> None:
    first = take_in(client, rendered_clip, "gate")
    second = take_in(client, rendered_clip, "gate")
    assert second.state is RecordingState.DUPLICATE
    assert second.duplicate_of == first.id
    assert [recording.id for recording in client.recordings()] == [first.id]
    tracks = {track.recording_id for track in client.tracks()}
    assert tracks == {first.id}
