"""The parent's side of the sandbox: starts a confined child, talks to it, and turns its end into typed errors."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import kit
from kit.media.channel import Channel, ChannelClosedError, ChannelGarbledError, ChannelSilentError, Message
from kit.media.errors import ERROR_BY_CODE, MediaCrashError, MediaLimitError, SandboxError
from kit.media.limits import Limits

_LOG = logging.getLogger(__name__)

_PIPE_BYTES = 1024**2
_F_SETPIPE_SZ = 1031
"""Linux's fcntl to widen a pipe; large pictures pass in fewer turns."""


class Sandbox:
    """One confined child for one piece of media. Starting takes some tenths of a second and does not block."""

    def __init__(self, limits: Limits, *, writable: Path | None = None, readable: Sequence[Path] = ()) -> None:
        self._limits = limits
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the child)
        root = str(Path(kit.__file__).parents[1])
        self._process = subprocess.Popen(
            [sys.executable, "-sP", "-m", "kit.media.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={"PYTHONPATH": root, "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise SandboxError("the child has no pipes")
        if sys.platform == "linux":
            _widen(self._process.stdin.fileno(), self._process.stdout.fileno())
        self._channel = Channel(
            self._process.stdout.fileno(), self._process.stdin.fileno(), max_blob_bytes=max(64, limits.pixels) * 3 * 8
        )
        self._send_first(writable, readable)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def send(self, body: Mapping[str, Any], *blobs: bytes | bytearray | memoryview) -> None:
        """Tells the child what to do. Raises the error that ended the child, if it is gone."""
        try:
            self._channel.send(body, *blobs)
        except ChannelClosedError:
            raise self._ending() from None

    def receive(self) -> Message:
        """What the child answers. Raises MediaError where it refuses the media or ended over it, SandboxError where
        the sandbox itself failed."""
        try:
            message = self._channel.receive(silence_seconds=self._limits.silence_seconds)
        except ChannelClosedError:
            raise self._ending() from None
        except ChannelSilentError:
            raise MediaLimitError(
                f"reading it made no progress for {self._limits.silence_seconds:.0f} s: the file is damaged or made to "
                "be slow; re-encode it and send it again"
            ) from None
        except ChannelGarbledError as error:
            raise SandboxError(f"the sandbox sent what cannot be understood: {error}") from None
        code = message.body.get("error")
        if code is not None:
            raise self._told(message)
        return message

    def layers(self) -> Sequence[str]:
        """The layers of confinement that hold on this machine, by name. Ends the child's one task."""
        self.send({"do": "layers"})
        return [str(layer) for layer in self.receive().body["layers"]]

    def close(self) -> None:
        """Ends the child."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._errors.close()

    def _send_first(self, writable: Path | None, readable: Sequence[Path]) -> None:
        limits = self._limits
        self.send(
            {
                "limits": {
                    "memory_bytes": limits.memory_bytes,
                    "cpu_seconds": limits.cpu_seconds,
                    "written_bytes": limits.written_bytes,
                    "side_pixels": limits.side_pixels,
                    "pixels": limits.pixels,
                    "seconds": limits.seconds,
                    "frames": limits.frames,
                },
                "writable": None if writable is None else str(writable),
                "readable": [str(path) for path in readable],
            }
        )

    def _told(self, message: Message) -> Exception:
        code = message.body.get("error")
        text = message.text("message")
        if code == "memory":
            return MediaLimitError(
                f"reading it needs more than {self._limits.memory_bytes // 1024**2} MiB of memory: "
                "send it with smaller pictures"
            )
        error = ERROR_BY_CODE.get(code) if isinstance(code, str) else None
        return SandboxError(f"the sandbox failed: {text}") if error is None else error(text)

    def _ending(self) -> Exception:
        """Why the child is gone."""
        try:
            code = self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            return SandboxError("the sandbox closed its pipes and stayed")
        self._errors.seek(0)
        words = self._errors.read(4000).decode("utf-8", "replace").strip()
        _LOG.warning("sandbox ended", extra={"exit_code": code, "stderr": words[-2000:]})
        if code == -signal.SIGXCPU:
            return MediaLimitError(
                f"reading it needs more than {self._limits.cpu_seconds} s of processor time: send it in shorter pieces"
            )
        if code == -signal.SIGXFSZ:
            return MediaLimitError("cutting it would write more than is allowed: send it in shorter pieces")
        if code == -signal.SIGKILL:
            return SandboxError("the sandbox was killed from outside, perhaps because the machine ran out of memory")
        if code < 0:
            return MediaCrashError(
                f"the decoder crashed on it ({signal.Signals(-code).name}): the file is damaged or hostile"
            )
        return SandboxError(f"the sandbox ended with exit code {code}: {words[-300:]}")


def _widen(*pipes: int) -> None:
    import fcntl

    for pipe in pipes:
        # Refused where a user's pipes hold too much already; the narrow pipe works too.
        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE_BYTES)
