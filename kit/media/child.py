"""The confined child: `python -m kit.media.child`, started by `kit.media.sandbox` and by nobody else."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kit.media.inside.confinement import confine, detach_network

# Before anything that starts threads.
_network_gone = detach_network()

import av  # noqa: E402
import av.error  # noqa: E402
import av.logging  # noqa: E402
import numpy as np  # noqa: E402

from kit.media.channel import Channel, ChannelClosedError  # noqa: E402
from kit.media.errors import CODE_BY_ERROR, MediaError  # noqa: E402
from kit.media.inside import clip, frames, picture, recording  # noqa: E402
from kit.media.limits import Limits  # noqa: E402

_TELL_EVERY = 0.02


def main() -> int:
    """Is told its limits, shuts itself in, does one thing, says how it went."""
    # Nothing but messages may reach the pipe: whatever prints goes to the log.
    outgoing = os.dup(1)
    os.dup2(2, 1)
    incoming = os.dup(0)
    av.logging.set_level(av.logging.FATAL)
    _warm_up()
    channel = Channel(incoming, outgoing, max_blob_bytes=1024**3)
    try:
        first = channel.receive().body
        limits = Limits(**first["limits"])
        layers = confine(
            memory_bytes=limits.memory_bytes,
            cpu_seconds=limits.cpu_seconds,
            written_bytes=limits.written_bytes,
            writable=first["writable"],
            readable=first["readable"],
        )
        if _network_gone:
            layers.append("network namespace")
        _answer(channel, limits, layers)
    except ChannelClosedError:
        # The parent has heard enough.
        return 0
    return 0


def _warm_up() -> None:
    """Loads what libraries load lazily, before files are out of reach."""
    av.VideoFrame(2, 2, "yuv420p").reformat(format="rgb24").to_ndarray()
    np.rot90(np.zeros((2, 2), np.uint8))
    picture.preload()


def _answer(channel: Channel, limits: Limits, layers: list[str]) -> None:
    message = channel.receive()
    try:
        _do(channel, message.body, b"".join(message.blobs), limits, layers)
    except MediaError as error:
        channel.send({"error": CODE_BY_ERROR[type(error)], "message": str(error)})
    except (MemoryError, av.error.MemoryError):
        channel.send({"error": "memory", "message": ""})
    except av.error.FFmpegError as error:
        channel.send({"error": "damaged", "message": f"it cannot be read to its end ({error}): send the complete file"})


def _do(channel: Channel, body: Mapping[str, Any], content: bytes, limits: Limits, layers: list[str]) -> None:
    match body["do"]:
        case "recording":
            told = [0.0]

            def tell(share: float) -> None:
                if share >= told[0] + _TELL_EVERY:
                    told[0] = share
                    channel.send({"progress": share})

            path, folder = Path(body["path"]), Path(body["folder"])
            channel.send(recording.take_in(path, folder, body["segment_seconds"], limits, tell))
        case "frames":
            channel.send(frames.read(channel, body, limits))
        case "clip":
            channel.send(clip.cut(body["sources"], body["from_us"], body["until_us"], Path(body["folder"]), limits))
        case "picture":
            decoded = picture.decode(content, limits)
            height, width = decoded.shape[:2]
            channel.send({"height": height, "width": width}, np.ascontiguousarray(decoded).tobytes())
        case "layers":
            channel.send({"layers": layers})
        case unknown:
            raise ValueError(f"the child cannot {unknown!r}")


if __name__ == "__main__":
    sys.exit(main())
