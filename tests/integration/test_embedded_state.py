"""What the state folder remembers, and who is mistaken for whom among processes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from infra.embedded import processes
from infra.embedded.child import CannotStartError
from infra.embedded.repository import assemble, require_profile
from infra.embedded.state import (
    AlreadyRunningError,
    StateUnusableError,
    end_leftovers,
    exclusive,
    open_state,
    read_config,
    read_status,
    settle_config,
    supervisor_runs,
)


def test_ports_and_passwords_are_chosen_once(tmp_path: Path) -> None:
    paths = open_state(tmp_path / "state")

    first, _ = settle_config(paths, None)
    second, notices = settle_config(paths, None)

    assert second == first == read_config(paths)
    assert notices == ()
    assert len(set(first.ports.values())) == len(first.ports)
    assert len(set(first.secrets.values())) == len(first.secrets)


def test_two_folders_share_no_password(tmp_path: Path) -> None:
    one, _ = settle_config(open_state(tmp_path / "one"), None)
    other, _ = settle_config(open_state(tmp_path / "other"), None)

    assert set(one.secrets.values()).isdisjoint(other.secrets.values())
    assert one.stack_id != other.stack_id


def test_the_profile_is_kept_until_another_is_named(tmp_path: Path) -> None:
    paths = open_state(tmp_path)

    assert settle_config(paths, None)[0].profile == "tiny"
    assert settle_config(paths, "base")[0].profile == "base"
    assert settle_config(paths, None)[0].profile == "base"


def test_data_without_their_passwords_are_not_built_over(tmp_path: Path) -> None:
    paths = open_state(tmp_path)
    (tmp_path / "postgres" / "data").mkdir(parents=True)

    with pytest.raises(StateUnusableError, match="restore it"):
        settle_config(paths, None)


def test_spoilt_passwords_stop_the_start_and_a_spoilt_status_does_not(tmp_path: Path) -> None:
    paths = open_state(tmp_path)
    paths.config.write_text("{")
    paths.status.write_text("{")

    with pytest.raises(StateUnusableError, match=r"stack\.json"):
        read_config(paths)
    assert read_status(paths) is None


def test_only_one_holds_a_state_folder(tmp_path: Path) -> None:
    paths = open_state(tmp_path)
    assert not supervisor_runs(paths)

    with exclusive(paths):
        assert supervisor_runs(paths)
        with pytest.raises(AlreadyRunningError, match=str(tmp_path)), exclusive(paths):
            pass

    assert not supervisor_runs(paths)


def test_a_process_that_got_a_dead_ones_pid_is_not_taken_for_it() -> None:
    me = processes.identify(os.getpid())
    assert me is not None

    assert processes.is_alive(me)
    assert not processes.is_alive(msgspec.structs.replace(me, started_ticks=me.started_ticks - 1))
    assert not processes.is_alive(msgspec.structs.replace(me, boot="another boot"))


def test_orphans_are_found_by_their_mark_and_ended_with_their_session() -> None:
    stack_id = f"test-{os.getpid()}"
    script = "import subprocess, sys, time; subprocess.Popen(['sleep', '60']); print('up', flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env={**os.environ, processes.MARK: stack_id},
        start_new_session=True,
        stdout=subprocess.PIPE,
    ) as orphan:
        assert orphan.stdout is not None
        orphan.stdout.readline()

        ended = processes.clear_orphans(stack_id, [], patience_s=0.5)

        assert ended == 2
        assert processes.session_members(orphan.pid) == []


def test_a_process_of_another_stack_is_left_alone() -> None:
    with subprocess.Popen(["sleep", "60"], env={**os.environ, processes.MARK: "somebody else's"}) as other:
        assert processes.clear_orphans(f"test-{os.getpid()}", []) == 0
        assert other.poll() is None
        other.kill()


def test_a_copy_of_a_state_folder_does_not_touch_the_processes_of_the_original(tmp_path: Path) -> None:
    original = open_state(tmp_path / "original")
    config, _ = settle_config(original, None)
    with subprocess.Popen(["sleep", "60"], env={**os.environ, processes.MARK: config.stack_id}) as running:
        copy = open_state(Path(shutil.copytree(original.root, tmp_path / "copy")))

        assert end_leftovers(copy) == 0
        assert running.poll() is None
        copied, _ = settle_config(copy, None)
        assert copied.secrets == config.secrets
        assert copied.stack_id != config.stack_id
        assert end_leftovers(original) == 1


def test_a_profile_that_was_not_pulled_is_refused_with_the_way_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(CannotStartError, match="sightline models pull base"):
        require_profile(open_state(tmp_path), "base")


def test_a_pulled_profile_stands_in_for_the_checkouts_models_and_the_rest_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = open_state(tmp_path / "state")
    for folder, models in ((tmp_path / "checkout", ("detect", "faces")), (paths.profiles / "base", ("detect",))):
        for model in models:
            (folder / model / "1").mkdir(parents=True)
            (folder / model / "config.pbtxt").write_text(f"{folder.name}")
            (folder / model / "1" / "model.onnx").write_text(f"{folder.name}'s {model}")
    monkeypatch.setenv("SIGHTLINE_MODEL_REPOSITORY", str(tmp_path / "checkout"))

    assert assemble(paths, "base", all_needed=True) == ("detect", "faces")

    assert (paths.models / "detect" / "config.pbtxt").read_text() == "base"
    assert (paths.models / "detect" / "1" / "model.onnx").read_text() == "base's detect"
    assert (paths.models / "faces" / "1" / "model.onnx").read_text() == "checkout's faces"


def test_a_model_without_weights_stops_the_start_of_the_whole_but_not_of_the_servers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = open_state(tmp_path / "state")
    (tmp_path / "checkout" / "detect" / "1").mkdir(parents=True)
    (tmp_path / "checkout" / "detect" / "config.pbtxt").write_text("")
    monkeypatch.setenv("SIGHTLINE_MODEL_REPOSITORY", str(tmp_path / "checkout"))

    with pytest.raises(CannotStartError, match="detect has no weights"):
        assemble(paths, "tiny", all_needed=True)
    assert assemble(paths, "tiny", all_needed=False) == ()
