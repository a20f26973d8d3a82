"""What is broken, empty or a lie ends with a reason and leaves nothing half-visible."""

from pathlib import Path

import pytest

from contracts.task import JobState
from gateway.bodies.recordings import RecordingState
from infra.cli.client import Client, GatewayRefusedError
from tests.e2e.conftest import START
from tests.fixtures.corrupt import CORRUPT_KINDS, make_corrupt


@pytest.mark.parametrize("kind", CORRUPT_KINDS)
def test_a_corrupt_file_ends_with_a_reason_and_leaves_nothing(
    kind: str, client: Client, rendered_clip: Path, tmp_path: Path
) -> None:
    broken = make_corrupt(kind, rendered_clip, tmp_path)
    camera = client.ensure_camera("gate")
    refusal: GatewayRefusedError | None = None
    try:
        accepted = client.upload(broken, camera.id, started_at=START)
    except GatewayRefusedError as refused:
        refusal = refused
    if refusal is not None:
        assert 400 <= refusal.status < 500
        assert refusal.problem.detail
        assert list(client.recordings()) == []
        return
    recording = client.follow_recording(accepted.id, seconds=120)
    assert recording.state is RecordingState.FAILED
    assert recording.failure
    job = client.job(accepted.job_id)
    dead = [dead.id for dead in client.jobs(state=JobState.DEAD, subject_id=accepted.id)]
    assert dead, f"the recording failed, but its jobs are {job.state}"
    assert list(client.tracks()) == []
    assert client.search(text="a person").hits == []
