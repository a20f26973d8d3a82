"""Pinned weights over real HTTP: interrupted, resumed, moved, damaged."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from infra.models import lock
from infra.models.fetch import ATTEMPTS, NotFetchedError, download
from infra.models.lock import LockedFile, WeightsMismatchError
from infra.models.pull import Outcome, pull
from tests.fixtures.weights import Mirror, mirror_of, siglip_lock, write_siglip

CONTENT = np.random.default_rng(5).bytes(5_000_000)


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with mirror_of({"network.onnx": CONTENT, "other.onnx": CONTENT[:-1] + b"?"}) as running:
        yield running


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(follow_redirects=True) as client:
        yield client


def pinned(*urls: str, algorithm: str = "sha256") -> LockedFile:
    digest = hashlib.new(algorithm, CONTENT).hexdigest()
    return LockedFile("network.onnx", urls, len(CONTENT), **{algorithm: digest})


def fetched(file: LockedFile, folder: Path, http: httpx.Client) -> list[int]:
    """Download and give what the progress bar heard; nobody waits between attempts."""
    heard: list[int] = []
    path = download(file, folder, http, lambda _name, there: heard.append(there), sleep=lambda _seconds: None)
    assert path.read_bytes() == CONTENT
    assert [entry.name for entry in folder.iterdir()] == ["network.onnx"], "no unfinished part stays behind"
    return heard


@pytest.mark.parametrize("algorithm", ["sha256", "sha384"])
def test_a_file_comes_whole_and_its_progress_is_told(
    mirror: Mirror, http: httpx.Client, tmp_path: Path, algorithm: str
) -> None:
    heard = fetched(pinned(f"{mirror.address}/network.onnx", algorithm=algorithm), tmp_path, http)
    assert heard == sorted(heard)
    assert heard[-1] == len(CONTENT)


def test_a_broken_transfer_goes_on_where_it_stopped(mirror: Mirror, http: httpx.Client, tmp_path: Path) -> None:
    mirror.breaks = [2_000_000, 1_500_000]
    fetched(pinned(f"{mirror.address}/network.onnx"), tmp_path, http)
    starts = [int(wanted.removeprefix("bytes=").rstrip("-") or 0) for _, wanted in mirror.asked]
    assert starts[0] == 0
    assert 0 < starts[1] <= 2_000_000
    assert starts[1] < starts[2] <= 3_500_000
    assert len(starts) == 3


def test_the_next_run_goes_on_with_what_an_interrupted_one_left(
    mirror: Mirror, http: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "network.onnx.part").write_bytes(CONTENT[:3_000_000])
    fetched(pinned(f"{mirror.address}/network.onnx"), tmp_path, http)
    assert mirror.asked == [("/network.onnx", "bytes=3000000-")]


def test_a_whole_part_is_used_without_asking_anybody(mirror: Mirror, http: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "network.onnx.part").write_bytes(CONTENT)
    fetched(pinned(f"{mirror.address}/network.onnx"), tmp_path, http)
    assert mirror.asked == []


def test_a_server_that_knows_no_ranges_is_asked_for_everything_again(
    mirror: Mirror, http: httpx.Client, tmp_path: Path
) -> None:
    mirror.ranges = False
    (tmp_path / "network.onnx.part").write_bytes(CONTENT[:3_000_000])
    fetched(pinned(f"{mirror.address}/network.onnx"), tmp_path, http)
    assert [wanted for _, wanted in mirror.asked] == ["bytes=3000000-", ""]


def test_a_busy_server_is_asked_again(mirror: Mirror, http: httpx.Client, tmp_path: Path) -> None:
    mirror.statuses = [503, 429]
    fetched(pinned(f"{mirror.address}/network.onnx"), tmp_path, http)
    assert len(mirror.asked) == 3


def test_the_next_address_is_tried_where_the_first_has_nothing(
    mirror: Mirror, http: httpx.Client, tmp_path: Path
) -> None:
    fetched(pinned(f"{mirror.address}/moved.onnx", f"{mirror.address}/network.onnx"), tmp_path, http)
    assert [path for path, _ in mirror.asked] == ["/moved.onnx", "/network.onnx"]


def test_what_is_there_and_right_is_not_fetched_again(mirror: Mirror, http: httpx.Client, tmp_path: Path) -> None:
    file = pinned(f"{mirror.address}/network.onnx")
    fetched(file, tmp_path, http)
    fetched(file, tmp_path, http)
    assert len(mirror.asked) == 1


def test_a_file_damaged_since_is_fetched_anew(mirror: Mirror, http: httpx.Client, tmp_path: Path) -> None:
    (tmp_path / "network.onnx").write_bytes(b"damaged")
    fetched(pinned(f"{mirror.address}/network.onnx"), tmp_path, http)


def test_another_content_of_the_same_length_is_refused_and_removed(
    mirror: Mirror, http: httpx.Client, tmp_path: Path
) -> None:
    with pytest.raises(WeightsMismatchError, match="SHA-256"):
        download(pinned(f"{mirror.address}/other.onnx"), tmp_path, http)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_sends_more_than_is_pinned_is_cut_off(tmp_path: Path, http: httpx.Client) -> None:
    with (
        mirror_of({"network.onnx": CONTENT * 4}) as endless,
        pytest.raises(WeightsMismatchError, match="more than that"),
    ):
        download(pinned(f"{endless.address}/network.onnx"), tmp_path, http)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_never_gets_on_is_given_up_and_the_part_is_kept(
    mirror: Mirror, http: httpx.Client, tmp_path: Path
) -> None:
    (tmp_path / "network.onnx.part").write_bytes(CONTENT[:1_000_000])
    mirror.statuses = [500] * ATTEMPTS
    with pytest.raises(NotFetchedError, match=r"network\.onnx.*HTTP 500"):
        download(pinned(f"{mirror.address}/network.onnx"), tmp_path, http, sleep=lambda _seconds: None)
    assert (tmp_path / "network.onnx.part").stat().st_size == 1_000_000


def test_where_nobody_listens_the_address_and_the_reason_are_told(tmp_path: Path, http: httpx.Client) -> None:
    with pytest.raises(NotFetchedError, match=r"http://127\.0\.0\.1:9/network\.onnx.*refused"):
        download(pinned("http://127.0.0.1:9/network.onnx"), tmp_path, http, sleep=lambda _seconds: None)


def test_a_profile_is_pulled_over_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_siglip(tmp_path)
    files = {name: (tmp_path / name).read_bytes() for name in ("image.onnx", "text.onnx", "tokenizer.json")}
    locks = tmp_path / "locks"
    locks.mkdir()
    monkeypatch.setattr(lock, "FOLDER", locks)
    with mirror_of(files) as mirror:
        (locks / "made-up.lock.toml").write_text(siglip_lock(tmp_path, mirror.address))
        mirror.breaks = [1000]
        pulled = pull("made-up", None, tmp_path / "state")
    assert [slot.outcome for slot in pulled] == [Outcome.BOUND, Outcome.BOUND]
    assert (tmp_path / "state" / "profiles" / "made-up" / "embed_text" / "siglip2-gemma.json").is_file()


def test_one_tower_without_the_other_is_not_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_siglip(tmp_path)
    locks = tmp_path / "locks"
    locks.mkdir()
    monkeypatch.setattr(lock, "FOLDER", locks)
    with mirror_of({"image.onnx": (tmp_path / "image.onnx").read_bytes()}) as mirror:
        (locks / "made-up.lock.toml").write_text(siglip_lock(tmp_path, mirror.address))
        image, text = pull("made-up", None, tmp_path / "state", only=("embed_image",))
    assert (image.outcome, text.outcome) == (Outcome.KEPT, Outcome.KEPT)
    assert "no use without embed_text" in image.reasons[-1]
    assert "text.onnx" in text.reasons[-1]
    assert not (tmp_path / "state" / "profiles").exists()
