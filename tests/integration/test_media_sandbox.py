"""The media sandbox: its limits bite, broken media is refused with a reason, good media comes through untouched."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from kit.media import (
    PICTURE_LIMITS,
    ClipSource,
    CutRecording,
    CutSegment,
    FrameReader,
    Limits,
    MediaError,
    PictureDecoder,
    SandboxError,
    cut_clip,
    cut_recording,
    decode_picture,
)
from kit.media.errors import (
    DamagedMediaError,
    EmptyFileError,
    MediaCrashError,
    MediaLimitError,
    NoFramesError,
    NothingInRangeError,
    NotMediaError,
    NoVideoError,
    PictureTooLargeError,
    RecordingTooLongError,
    TruncatedMediaError,
    UnsupportedMediaError,
)
from kit.media.sandbox import Sandbox
from tests.fixtures.clips import HEIGHT, WIDTH, square_left, steady, write_clip
from tests.fixtures.corrupt import CORRUPT_KINDS, make_corrupt

ROOT = Path(__file__).resolve().parents[2]
START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
linux = pytest.mark.skipif(sys.platform != "linux", reason="seccomp and Landlock are Linux's")

# The shut-in ------------------------------------------------------------------------------------------------------

_TRY = """
import json, os, socket, subprocess, sys
from kit.media.inside.confinement import confine, detach_network
detach_network()
layers = confine(memory_bytes=1024**3, cpu_seconds=20, written_bytes=4096, writable=sys.argv[1], readable=[])
outcomes = {"layers": layers}
def attempt(name, what):
    try:
        what()
        outcomes[name] = "done"
    except BaseException as error:
        outcomes[name] = type(error).__name__
attempt("socket", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
attempt("local socket", lambda: socket.socketpair())
attempt("program", lambda: os.execv("/bin/true", ["/bin/true"]))
attempt("process", lambda: os.fork())
attempt("signal", lambda: os.kill(os.getppid(), 0))
attempt("read elsewhere", lambda: open("/etc/passwd").read())
attempt("write elsewhere", lambda: open("/tmp/sightline-escape", "w"))
attempt("write inside", lambda: open(os.path.join(sys.argv[1], "own"), "w").write("x" * 4096))
attempt("delete", lambda: os.unlink(os.path.join(sys.argv[1], "own")))
attempt("memory", lambda: bytearray(2 * 1024**3))
sys.stdout.write(json.dumps(outcomes))
"""


def tried(folder: Path) -> dict[str, object]:
    environment = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _TRY, str(folder)], capture_output=True, env=environment, check=True, timeout=60
    )
    outcomes: dict[str, object] = json.loads(done.stdout)
    return outcomes


@linux
def test_the_child_has_no_network_no_programs_no_processes_no_foreign_files_and_little_memory(tmp_path: Path) -> None:
    outcomes = tried(tmp_path)
    layers = outcomes.pop("layers")
    assert isinstance(layers, list)
    assert {"rlimits", "seccomp"} <= set(layers)
    if "landlock" not in layers:
        pytest.skip("this kernel has no Landlock; the other layers hold")
    assert outcomes == {
        "socket": "PermissionError",
        "local socket": "PermissionError",
        "program": "PermissionError",
        "process": "PermissionError",
        "signal": "PermissionError",
        "read elsewhere": "PermissionError",
        "write elsewhere": "PermissionError",
        "write inside": "done",
        "delete": "PermissionError",
        "memory": "MemoryError",
    }


def ended(script: str) -> int:
    environment = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    confined = (
        "from kit.media.inside.confinement import confine\n"
        "confine(memory_bytes=1024**3, cpu_seconds=1, written_bytes=1000, writable='/tmp', readable=[])\n"
    )
    return subprocess.run(
        [sys.executable, "-c", confined + script], env=environment, check=False, timeout=60, stderr=subprocess.DEVNULL
    ).returncode


def test_too_much_processor_time_ends_the_child() -> None:
    assert ended("while True: pass") == -signal.SIGXCPU


@linux
@pytest.mark.parametrize(
    ("how", "error"),
    [
        (signal.SIGXCPU, MediaLimitError),
        (signal.SIGSEGV, MediaCrashError),
        (signal.SIGKILL, SandboxError),
    ],
)
def test_how_the_child_ended_says_whether_to_try_again(how: signal.Signals, error: type[Exception]) -> None:
    with Sandbox(Limits()) as sandbox:
        sandbox.layers()
        os.kill(sandbox._process.pid, how)
        with pytest.raises(error):
            sandbox.receive()


def test_a_child_that_fails_by_itself_is_worth_another_try() -> None:
    with Sandbox(PICTURE_LIMITS) as sandbox:
        sandbox.send({"do": "what nobody knows"})
        with pytest.raises(SandboxError, match="cannot 'what nobody knows'"):
            sandbox.receive()


def test_a_child_that_says_nothing_is_given_up() -> None:
    with Sandbox(Limits(silence_seconds=0.2)) as sandbox, pytest.raises(MediaLimitError, match="no progress"):
        sandbox.receive()


def test_a_picture_that_needs_too_much_memory_ends_with_a_reason() -> None:
    content = encoded(Image.new("RGB", (6000, 6000), (10, 20, 30)), "PNG")
    with pytest.raises(MediaLimitError, match="MiB of memory"):
        decode_picture(content, limits=Limits(memory_bytes=400 * 1024**2))


# Pictures ---------------------------------------------------------------------------------------------------------


def encoded(picture: Image.Image, form: str, **options: object) -> bytes:
    content = io.BytesIO()
    picture.save(content, form, **options)
    return content.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_comes_out_as_rgb(form: str) -> None:
    picture = Image.new("RGB", (64, 48), (200, 30, 30))
    picture.paste((20, 20, 220), (0, 0, 32, 48))
    decoded = decode_picture(encoded(picture, form))
    assert decoded.shape == (48, 64, 3)
    assert np.abs(decoded[24, 8].astype(int) - (20, 20, 220)).max() < 12
    assert np.abs(decoded[24, 56].astype(int) - (200, 30, 30)).max() < 12


def test_a_phones_picture_comes_out_upright() -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    decoded = decode_picture(encoded(Image.new("RGB", (64, 48)), "JPEG", exif=turned))
    assert decoded.shape == (64, 48, 3)


def test_a_decoder_in_waiting_decodes_one_picture_after_another() -> None:
    decoder = PictureDecoder()
    try:
        with pytest.raises(NotMediaError):
            decoder.decode(b"not a picture")
        shapes = [decoder.decode(encoded(Image.new("L", (side, side)), "PNG")).shape for side in (10, 20)]
    finally:
        decoder.close()
    assert shapes == [(10, 10, 3), (20, 20, 3)]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", EmptyFileError),
        (b"GIF89a" + b"\0" * 100, NotMediaError),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>", NotMediaError),
        (encoded(Image.new("L", (9000, 10)), "PNG"), PictureTooLargeError),
        (encoded(Image.new("L", (7000, 7000)), "PNG"), PictureTooLargeError),
        (encoded(Image.effect_noise((200, 200), 50), "PNG")[:8000], DamagedMediaError),
    ],
    ids=["empty", "gif", "svg", "wide", "large", "cut off"],
)
def test_a_picture_that_cannot_be_used_is_refused_with_a_reason(content: bytes, error: type[MediaError]) -> None:
    with pytest.raises(error, match=r"send it|supported|not a JPEG"):
        decode_picture(content)


# Recordings -------------------------------------------------------------------------------------------------------


def cut(path: Path, folder: Path, *, segment_seconds: float = 4.0, limits: Limits | None = None) -> CutRecording:
    folder.mkdir(exist_ok=True)
    return cut_recording(path, folder, segment_seconds=segment_seconds, tell_progress=lambda share: None, limits=limits)


def frame_times(segments: Sequence[CutSegment], *, per_second: int = 1000) -> list[int]:
    """When every frame of the segments is shown, in milliseconds since the recording's start."""
    times: list[int] = []
    for segment in segments:
        begin_us = segment.started // timedelta(microseconds=1)
        with FrameReader(
            segment.path,
            offset_us=begin_us,
            last_cell=-1,
            per_second=per_second,
            luma_width=96,
            group_size=8,
        ) as reader:
            while (group := reader.next_group()) is not None:
                times.extend(round(at_us / 1000) for at_us in group.times_us)
    return times


def packets(path: Path) -> list[str]:
    with av.open(str(path)) as file:
        return [
            hashlib.sha256(bytes(packet)).hexdigest() for packet in file.demux(file.streams.video[0]) if packet.size
        ]


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mp4", "libx264", {"preset": "ultrafast"}),
        ("b-frames.mp4", "libx264", {"preset": "veryfast", "x264-params": "bframes=3"}),
        ("hevc.mkv", "libx265", {"preset": "ultrafast", "x265-params": "log-level=none:open-gop=0"}),
        ("vp8.webm", "libvpx", {"deadline": "realtime", "cpu-used": "8"}),
        ("vp9.webm", "libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}),
        ("b-frames.ts", "libx264", {"preset": "veryfast", "x264-params": "bframes=2"}),
        ("xvid.avi", "mpeg4", {}),
    ],
)
def test_every_container_is_cut_at_key_frames_with_each_frame_at_its_time(
    name: str, codec: str, options: dict[str, str], tmp_path: Path
) -> None:
    times = steady(10)
    recording = cut(write_clip(tmp_path / name, times_ms=times, codec=codec, options=options), tmp_path / "out")
    assert len(recording.segments) == 3
    assert (recording.width, recording.height, recording.frames) == (WIDTH, HEIGHT, 250)
    assert recording.duration == timedelta(seconds=10)
    assert [segment.started for segment in recording.segments[1:]] == [
        segment.ended for segment in recording.segments[:-1]
    ]
    assert frame_times(recording.segments) == times


def test_open_groups_of_pictures_are_cut_late_and_lose_only_what_cannot_be_decoded(tmp_path: Path) -> None:
    times = steady(20)
    options = {"preset": "ultrafast", "x265-params": "log-level=none:open-gop=1:bframes=2"}
    clip = write_clip(tmp_path / "open.mp4", times_ms=times, codec="libx265", options=options)
    recording = cut(clip, tmp_path / "out")
    assert len(recording.segments) > 1
    kept = frame_times(recording.segments)
    assert set(kept) <= set(times)
    assert len(times) - len(kept) <= 2 * (len(recording.segments) - 1)


def test_a_variable_frame_rate_keeps_every_time(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    times = [0, *np.cumsum(generator.integers(20, 900, 60)).tolist()]
    recording = cut(write_clip(tmp_path / "variable.mp4", times_ms=times, gop=10), tmp_path / "out")
    assert len(recording.segments) > 2
    assert frame_times(recording.segments) == times


def test_footage_is_copied_not_encoded_again(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", times_ms=steady(10))
    recording = cut(clip, tmp_path / "out")
    assert [one for segment in recording.segments for one in packets(segment.path)] == packets(clip)


def test_the_same_file_is_cut_into_the_same_bytes(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", times_ms=steady(10))
    digests = [
        [hashlib.sha256(segment.path.read_bytes()).hexdigest() for segment in cut(clip, tmp_path / name).segments]
        for name in ("one", "other")
    ]
    assert digests[0] == digests[1]


def test_the_containers_time_is_told_as_it_stands(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", times_ms=steady(1), metadata={"creation_time": "2025-06-01T10:00:00.000000Z"})
    assert cut(clip, tmp_path / "out").tags["creation_time"] == "2025-06-01T10:00:00.000000Z"


def test_sampled_frames_come_as_they_were_drawn(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", times_ms=steady(4))
    (segment,) = cut(clip, tmp_path / "out", segment_seconds=60).segments
    with FrameReader(segment.path, offset_us=0, last_cell=-1, per_second=5, luma_width=96, group_size=8) as reader:
        group = reader.next_group()
        assert group is not None
        assert list(group.times_us) == [200_000 * number for number in range(8)]
        assert group.lumas.shape == (8, 54, 96)
        first, third = reader.fetch([0, 2])
        assert first.shape == (HEIGHT, WIDTH, 3)
        for picture, number in ((first, 0), (third, 10)):
            left = square_left(number)
            assert picture[90, left + 20, 0] > 180
            assert picture[90, left - 5, 0] < 90
        rest = 0
        while (group := reader.next_group()) is not None:
            rest += len(group.times_us)
        assert (rest, reader.decoded, reader.damaged) == (12, 100, 0)
        assert set(reader.seconds) == {"decode", "luma", "convert"}


@pytest.mark.parametrize(("width", "height"), [(426, 240), (322, 182), (630, 354)])
def test_pictures_of_odd_widths_come_through(width: int, height: int, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", times_ms=steady(1), size=(width, height))
    (segment,) = cut(clip, tmp_path / "out").segments
    with FrameReader(segment.path, offset_us=0, last_cell=-1, per_second=5, luma_width=192, group_size=8) as reader:
        group = reader.next_group()
        assert group is not None
        (picture,) = reader.fetch([0])
    assert picture.shape == (height, width, 3)
    assert picture[90, square_left(0) + 20, 0] > 180
    assert picture[10, 10, 0] < 90


def test_a_turned_recording_comes_upright(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", times_ms=steady(1), rotation=90)
    recording = cut(clip, tmp_path / "out")
    assert (recording.width, recording.height) == (HEIGHT, WIDTH)
    (segment,) = recording.segments
    with FrameReader(segment.path, offset_us=0, last_cell=-1, per_second=5, luma_width=96, group_size=8) as reader:
        group = reader.next_group()
        assert group is not None
        (picture,) = reader.fetch([0])
    assert picture.shape == (WIDTH, HEIGHT, 3)
    # Turned by a quarter against the clock: what was left is now below.
    assert picture[WIDTH - 1 - (square_left(0) + 20), 90, 0] > 180


@pytest.mark.parametrize(
    ("kind", "error", "reason"),
    [
        ("cut_in_the_middle", TruncatedMediaError, "announces 10.0 s and 250 pictures, but ends after"),
        ("index_missing", TruncatedMediaError, "index .* is missing"),
        ("header_only", NoFramesError, "announces 10 s and 250 pictures, but none follow"),
        ("zero_bytes", EmptyFileError, "0 bytes"),
        ("text_renamed", NotMediaError, "not a video"),
        ("audio_only", NoVideoError, "no pictures, only audio"),
        ("huge_picture", PictureTooLargeError, "16000 × 16000; the limit is 8192"),
        ("endless_duration", RecordingTooLongError, "the limit is 24 hours"),
    ],
)
def test_broken_files_are_refused_with_what_is_wrong_and_what_to_do(
    kind: str, error: type[MediaError], reason: str, tmp_path: Path
) -> None:
    assert kind in CORRUPT_KINDS
    broken = make_corrupt(kind, write_clip(tmp_path / "a.mp4", times_ms=steady(10)), tmp_path)
    with pytest.raises(error, match=reason) as raised:
        cut(broken, tmp_path / "out")
    assert any(advice in str(raised.value) for advice in ("send", "supported"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("playlist.mp4", "#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n"),
        ("concat.mp4", "ffconcat version 1.0\nfile /etc/passwd\n"),
    ],
)
def test_a_file_that_points_elsewhere_is_not_followed(name: str, content: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(NotMediaError):
        cut(path, tmp_path / "out")


def test_a_codec_that_is_not_listed_is_refused_by_its_name(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mkv", times_ms=steady(1), codec="ffv1", options={})
    with pytest.raises(UnsupportedMediaError, match=r"ffv1.*H\.264"):
        cut(clip, tmp_path / "out")


def test_too_many_frames_are_refused(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", times_ms=steady(4))
    with pytest.raises(RecordingTooLongError, match="more than 50 pictures"):
        cut(clip, tmp_path / "out", limits=Limits(frames=50))


# Clips ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def segments(tmp_path: Path) -> list[ClipSource]:
    """Twelve seconds in three segments, a key frame every 0.8 s."""
    clip = write_clip(
        tmp_path / "a.mp4",
        times_ms=steady(12),
        options={"preset": "veryfast", "x264-params": "bframes=2"},
    )
    recording = cut(clip, tmp_path / "segments")
    return [ClipSource(segment.path, START + segment.started) for segment in recording.segments]


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def shown(path: Path) -> list[float]:
    with av.open(str(path)) as file:
        return [float(frame.time) for frame in file.decode(video=0)]


def test_a_clip_begins_at_the_key_frame_before_and_tells_its_true_start(
    segments: list[ClipSource], tmp_path: Path
) -> None:
    clip = cut_clip(segments, at(1.0), at(3.0), tmp_path)
    assert (clip.started_at, clip.ended_at) == (at(0.8), at(3.0))
    times = shown(clip.path)
    assert (times[0], len(times), clip.frames) == (0.0, 55, 55)
    assert clip.size_bytes == clip.path.stat().st_size


def test_a_clip_over_cuts_goes_on_without_a_gap(segments: list[ClipSource], tmp_path: Path) -> None:
    assert len(segments) == 3
    clip = cut_clip(segments, at(3.0), at(10.0), tmp_path)
    times = shown(clip.path)
    assert clip.started_at == at(2.4)
    assert len(times) == clip.frames == 190
    assert max(later - earlier for earlier, later in pairwise(times)) == pytest.approx(0.04, abs=1e-3)


def test_a_clip_outside_of_the_footage_is_refused(segments: list[ClipSource], tmp_path: Path) -> None:
    for since, until in ((at(-9), at(-1)), (at(60), at(70)), (at(5), at(5))):
        with pytest.raises(NothingInRangeError):
            cut_clip(segments, since, until, tmp_path)


def test_a_segment_that_is_broken_is_said_to_be(segments: list[ClipSource], tmp_path: Path) -> None:
    segments[1].path.write_bytes(b"not footage any more")
    with pytest.raises(MediaError):
        cut_clip(segments, at(3.0), at(10.0), tmp_path)
