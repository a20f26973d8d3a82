"""A switch to another profile, on everything real, while footage arrives, people search and a worker is killed.

The second profile is the shipped one turned: every model gets a fixed rotation at its end, the semantic ones into twice
as many numbers. Cosines within the turned space are those of the shipped one, so an answer has the same hits and scores
from either; a vector of one that is compared with one of the other would give noise.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from contracts.vocabulary import ATTRIBUTE_GROUPS, ObjectClass, Space, Subject
from gateway.bodies.recordings import RecordingState
from gateway.bodies.search import SearchDone, SearchNew
from infra.cli.client import Client
from infra.embedded.repository import checkout_models
from infra.embedded.stack import Stack
from infra.models.model_config import read_config, set_parameter, write_config
from infra.models.pull import pull
from infra.models.spaces import SpaceStatus, statuses
from infra.rendered_site.film import render_site
from infra.rendered_site.plan import plan_site
from tests.e2e.conftest import SEED, START, RunningStack, shared_folder, take_in

TURNED = "turned"
QUERY = "a person walking"
MOST = 200
SCORE_NOISE = 0.02
"""Half precision of a stored vector, and sums in another order."""


def turned_model(source: Path, target: Path, seed: int, size: int) -> None:
    """Copies a model and rotates its vectors, into a space of `size` dimensions."""
    import onnx
    from onnx import helper, numpy_helper

    config = read_config(source / "config.pbtxt")
    square, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(size, size)))
    rotation = square[: int(config.output[0].dims[0])]
    config.output[0].dims[:] = [size]
    model = onnx.load(str(source / "1" / "model.onnx"))
    for node in model.graph.node:
        for names in (node.output, node.input):
            for place, name in enumerate(names):
                if name == "embedding":
                    names[place] = "embedding_before"
    model.graph.initializer.append(numpy_helper.from_array(rotation.astype(np.float32), "rotation"))
    model.graph.node.append(helper.make_node("MatMul", ["embedding_before", "rotation"], ["embedding"]))
    (target / "1").mkdir(parents=True)
    onnx.save(model, str(target / "1" / "model.onnx"))
    for name, value in (("profile", TURNED), ("space", f"{TURNED}-{seed}")):
        set_parameter(config, name, value)
    write_config(target / "config.pbtxt", config)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack of its own: what serves is the deployment's, and other tests count their vectors."""
    state = tmp_path_factory.mktemp("switch") / "state"
    for seed, size, models in ((1, 768, ("embed_image", "embed_text")), (2, 256, ("appearance",))):
        for model in models:
            turned_model(checkout_models() / model, state / "profiles" / TURNED / model, seed, size)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SIGHTLINE_LEASE_SECONDS", "6")
        environment.setenv("SIGHTLINE_RECONCILE_SECONDS", "1")
        # A busy machine must not be taken for a search that failed.
        environment.setenv("SIGHTLINE_SEARCH_SECONDS", "30")
        stack = Stack(state)
        with stack.run(profile="tiny") as endpoints:
            yield RunningStack(stack, endpoints, "tiny")
    shutil.rmtree(state / "profiles", ignore_errors=True)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds of people and vehicles: a switch embeds it several times over."""
    folder = tmp_path_factory.mktemp("clip")
    truth = render_site(plan_site(SEED, cameras=1, seconds=20.0, actors=6), folder)
    return folder / truth.cameras[0].file


def sightline(own: RunningStack, *arguments: str) -> str:
    """Runs the command line; what it wrote to stdout."""
    done = subprocess.run(
        (sys.executable, "-c", "from infra.cli import main; main()", *arguments, "--state", str(own.stack.paths.root)),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={name: value for name, value in os.environ.items() if not name.startswith("SIGHTLINE_URL")},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def standing(own: RunningStack) -> dict[tuple[Space, str], SpaceStatus]:
    return {(one.kind, one.profile): one for one in statuses(own.endpoints.dsn("owner"))}


def wait_until_filling(own: RunningStack) -> None:
    """Until a job of the switch has kept some of its vectors, and has some to make."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if any(one.running and 0 < one.stills_done < one.stills for one in standing(own).values()):
            return
        time.sleep(0.02)
    raise AssertionError(f"no job was seen to run: {standing(own)}")


def wait_until_served(own: RunningStack, profile: str, kinds: tuple[Space, ...] = tuple(Space)) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        now = standing(own)
        assert not any(one.dead for one in now.values()), now
        if all(now[kind, profile].state == "serving" for kind in kinds):
            return
        time.sleep(0.2)
    raise AssertionError(f"{profile} never served: {standing(own)}")


def everything(client: Client, **question: Any) -> SearchDone:
    """All hits, none folded into another: what is alike enough to be one hit is another matter in each space."""
    return client.find(SearchNew(**question, fold=False, limit=MOST))


@dataclass
class Searcher:
    """Asks the same two questions over and over, as two impatient people would."""

    client: Client
    track_id: UUID
    answers: dict[str, list[SearchDone]] = field(default_factory=lambda: {"text": [], "track": []})
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = Event()
        self._thread = Thread(target=self._ask)

    def _ask(self) -> None:
        questions: dict[str, dict[str, Any]] = {"text": {"text": QUERY}, "track": {"track_id": self.track_id}}
        while not self._stop.is_set():
            for name, question in questions.items():
                try:
                    self.answers[name].append(everything(self.client, **question))
                except Exception as error:  # noqa: BLE001  whatever it is, the search was not answered
                    self.failures.append(repr(error))
            self._stop.wait(0.05)

    def __enter__(self) -> "Searcher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def scores(answer: SearchDone) -> dict[UUID, float]:
    return {hit.id: hit.score for hit in answer.hits}


def check_never_mixed(answers: list[SearchDone], old: str, new: str) -> None:
    """First the old space's answers, then the new one's; nothing is lost, and every hit keeps its score."""
    seen = [answer.spaces for answer in answers]
    assert set(map(tuple, seen)) == {(old,), (new,)}
    assert seen == sorted(seen, key=lambda spaces: spaces == [new])
    known: dict[UUID, float] = {}
    for answer in answers:
        found = scores(answer)
        assert set(known) <= set(found)
        for item, score in known.items():
            assert found[item] == pytest.approx(score, abs=SCORE_NOISE)
        known |= found


def test_a_switch_loses_no_search_and_no_footage_and_survives_a_kill(own: RunningStack, clip: Path) -> None:
    with own.tenant() as client, own.tenant() as neighbour:
        for camera in ("gate", "yard"):
            assert take_in(client, clip, camera).state is RecordingState.READY
        assert take_in(neighbour, clip, "gate").state is RecordingState.READY
        track = next(iter(client.tracks())).id
        before = everything(client, text=QUERY)
        with Searcher(client, track) as searcher:
            sightline(own, "models", "switch", TURNED, "--no-wait")
            wait_until_filling(own)
            killed = own.stack.kill("embed-bulk")
            middle = standing(own)
            door = client.ensure_camera("door", site="headquarters", time_zone="Europe/Berlin")
            fresh = client.upload(clip, door.id, started_at=START)
            own.stack.wait_replaced(killed, "embed-bulk")
            assert client.follow_recording(fresh.id, seconds=300).state is RecordingState.READY
            wait_until_served(own, TURNED)
            time.sleep(1)
        assert searcher.failures == []
        now = standing(own)
        check_never_mixed(searcher.answers["text"], now[Space.SEMANTIC, "tiny"].name, f"{TURNED}-1")
        check_never_mixed(searcher.answers["track"], now[Space.APPEARANCE, "tiny"].name, f"{TURNED}-2")
        assert any(one.state == "incoming" and one.running for one in middle.values()), "the kill came too late"
        for kind in Space:
            assert now[kind, TURNED].vectors >= now[kind, "tiny"].vectors > 0
            assert now[kind, TURNED].stills_done == now[kind, TURNED].stills
        after = everything(client, text=QUERY)
        assert set(scores(before)) < set(scores(after))
        told = json.loads(sightline(own, "models", "status", "--json"))
        assert {(one["profile"], one["state"]) for one in told} == {(TURNED, "serving"), ("tiny", "kept")}


def test_one_goes_back_and_forth_and_a_restarted_triton_serves_both(own: RunningStack, clip: Path) -> None:
    with own.tenant() as client:
        # New footage since the switch: the old space lacks it, so going back fills it first.
        assert take_in(client, clip, "gate").state is RecordingState.READY
        sightline(own, "models", "switch", "tiny")
        answer = everything(client, text=QUERY)
        assert answer.spaces == [standing(own)[Space.SEMANTIC, "tiny"].name]
        killed = own.stack.kill("triton")
        own.stack.wait_replaced(killed, "triton")
        sightline(own, "models", "switch", TURNED)
        assert scores(everything(client, text=QUERY)) == pytest.approx(scores(answer), abs=SCORE_NOISE)
        sightline(own, "models", "switch", "tiny")


def test_the_pulled_reidentification_weights_take_over_and_give_way_again(own: RunningStack, clip: Path) -> None:
    weights = shared_folder() / "models"
    if not (weights / "person-reidentification-retail-0287.xml").is_file():
        pytest.skip(f"no pulled weights at {weights}: set SIGHTLINE_SHARED")
    pull("base", weights, own.stack.paths.root, only=("appearance",))
    with own.tenant() as client:
        assert take_in(client, clip, "gate").state is RecordingState.READY
        track = next(iter(client.tracks())).id
        before = everything(client, track_id=track)
        sightline(own, "models", "switch", "base", "--only", "appearance")
        now = standing(own)
        assert now[Space.APPEARANCE, "base"].state == "serving"
        assert now[Space.SEMANTIC, "tiny"].state == "serving"
        answer = everything(client, track_id=track)
        assert answer.spaces == [now[Space.APPEARANCE, "base"].name]
        assert {hit.id for hit in answer.hits} == {hit.id for hit in before.hits}
        sightline(own, "models", "switch", "tiny", "--only", "appearance")
        assert scores(everything(client, track_id=track)) == pytest.approx(scores(before), abs=1e-6)


def test_new_footage_is_described_where_a_model_says_attributes(own: RunningStack, clip: Path) -> None:
    weights = shared_folder() / "models"
    if not (weights / "person-attributes-recognition-crossroad-0230.xml").is_file():
        pytest.skip(f"no pulled weights at {weights}: set SIGHTLINE_SHARED")
    pull("base", weights, own.stack.paths.root, only=("attributes",))
    with own.tenant() as before:
        # What was served last is still remembered where the switch's footage arrives.
        assert take_in(before, clip, "gate").state is RecordingState.READY
    sightline(own, "models", "switch", "base")
    with own.tenant() as client:
        assert take_in(client, clip, "gate").state is RecordingState.READY
        tracks = [client.track(track.id) for track in client.tracks()]
    for track in tracks:
        names = {told.name for told in track.attributes}
        subject = Subject.PERSON if track.object_class is ObjectClass.PERSON else Subject.VEHICLE
        assert names
        assert names <= {group.name for group in ATTRIBUTE_GROUPS if group.subject is subject}
        for told in track.attributes:
            assert sum(told.probabilities.values()) == pytest.approx(1, abs=0.002)
            assert told.probability == max(told.probabilities.values()) == told.probabilities[told.value]
    assert tracks
