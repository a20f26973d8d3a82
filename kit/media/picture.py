"""Pictures that people upload, decoded in the sandbox."""

from threading import Lock

import numpy as np
from numpy.typing import NDArray

from kit.media.errors import EmptyFileError, SandboxError
from kit.media.limits import PICTURE_LIMITS, Limits
from kit.media.sandbox import Sandbox


def decode_picture(content: bytes, *, limits: Limits = PICTURE_LIMITS) -> NDArray[np.uint8]:
    """Decodes a JPEG, PNG or WebP in a child of its own: RGB, uint8 [height, width, 3], upright (EXIF obeyed).

    Raises MediaError (the picture is not usable; the message is for its sender) or SandboxError (try again).
    """
    with Sandbox(limits) as sandbox:
        return _decode(sandbox, content, limits)


class PictureDecoder:
    """`decode_picture` without the wait for a child to start: one waits ready, and each decodes a single picture.

    For processes that answer queries. Make it after the fork; `close` ends the waiting child.
    """

    def __init__(self, limits: Limits = PICTURE_LIMITS) -> None:
        self._limits = limits
        self._lock = Lock()
        self._spare: Sandbox | None = Sandbox(limits)

    def decode(self, content: bytes) -> NDArray[np.uint8]:
        """As `decode_picture`."""
        with self._lock:
            sandbox, self._spare = self._spare or Sandbox(self._limits), None
        with sandbox:
            picture = _decode(sandbox, content, self._limits)
        with self._lock:
            if self._spare is None:
                self._spare = Sandbox(self._limits)
        return picture

    def close(self) -> None:
        """Ends the waiting child."""
        with self._lock:
            if self._spare is not None:
                self._spare.close()
            self._spare = None


def _decode(sandbox: Sandbox, content: bytes, limits: Limits) -> NDArray[np.uint8]:
    if not content:
        raise EmptyFileError("the picture is empty (0 bytes): send it again")
    sandbox.send({"do": "picture"}, content)
    reply = sandbox.receive()
    height, width = reply.whole_number("height"), reply.whole_number("width")
    if not (0 < width <= limits.side_pixels and 0 < height <= limits.side_pixels) or len(reply.blobs) != 1:
        raise SandboxError(f"the child told an impossible picture size: {width} × {height}")
    if len(reply.blobs[0]) != width * height * 3:
        raise SandboxError(f"the child sent {len(reply.blobs[0])} bytes for a picture of {width} × {height}")
    return np.frombuffer(reply.blobs[0], np.uint8).reshape(height, width, 3)
