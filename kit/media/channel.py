"""What parent and child say to each other: a length, a msgpack map, and raw bytes behind it.

    u32 length of the map │ map {…, "sizes": [n, …]} │ n bytes │ …

Both ends read without trust: every length is checked before memory is taken for it.
"""

import os
import select
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

MAX_MAP_BYTES = 64 * 1024**2
"""A recording of a day in segments of some seconds fits many times."""

_LENGTH = struct.Struct("<I")


class ChannelClosedError(Exception):
    """The other end is gone."""


class ChannelSilentError(Exception):
    """The other end said nothing for too long."""


class ChannelGarbledError(Exception):
    """What came is not a message."""


@dataclass(frozen=True)
class Message:
    """One message: its map, and the raw bytes that came behind it."""

    body: Mapping[str, Any]
    blobs: Sequence[bytes | bytearray] = ()

    def whole_number(self, name: str) -> int:
        """A field that must be a whole number. Raises ChannelGarbledError."""
        value = self.body.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ChannelGarbledError(f"the field {name} is not a whole number")
        return value

    def text(self, name: str) -> str:
        """A field that must be text; cut at 500 characters, unprintable ones left out. Raises ChannelGarbledError."""
        value = self.body.get(name)
        if not isinstance(value, str):
            raise ChannelGarbledError(f"the field {name} is not text")
        return "".join(character for character in value[:500] if character.isprintable())


class Channel:
    """One end of two pipes."""

    def __init__(self, incoming: int, outgoing: int, *, max_blob_bytes: int) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._max_blob_bytes = max_blob_bytes
        # Not select(): it cannot wait for descriptors from 1024 on.
        self._waiting = select.poll()
        self._waiting.register(incoming, select.POLLIN)

    def send(self, body: Mapping[str, Any], *blobs: bytes | bytearray | memoryview) -> None:
        """Writes a message. Raises ChannelClosedError."""
        content = msgspec.msgpack.encode({**body, "sizes": [len(blob) for blob in blobs]})
        try:
            self._write(memoryview(_LENGTH.pack(len(content)) + content))
            for blob in blobs:
                self._write(memoryview(blob))
        except BrokenPipeError as error:
            raise ChannelClosedError from error

    def receive(self, *, silence_seconds: float | None = None) -> Message:
        """Reads a message. Raises ChannelClosedError, ChannelSilentError, ChannelGarbledError."""
        deadline = None if silence_seconds is None else time.monotonic() + silence_seconds
        (length,) = _LENGTH.unpack(self._read(_LENGTH.size, deadline))
        if length > MAX_MAP_BYTES:
            raise ChannelGarbledError(f"a map of {length} bytes")
        try:
            body = msgspec.msgpack.decode(self._read(length, deadline), type=dict[str, Any])
            sizes = msgspec.convert(body.get("sizes", []), type=list[int])
        except msgspec.MsgspecError as error:
            raise ChannelGarbledError(str(error)) from error
        if any(size < 0 for size in sizes) or sum(sizes) > self._max_blob_bytes:
            raise ChannelGarbledError(f"raw bytes of {sum(sizes)}, allowed are {self._max_blob_bytes}")
        return Message(body, [self._read(size, deadline) for size in sizes])

    def _write(self, content: memoryview) -> None:
        while content:
            content = content[os.write(self._outgoing, content) :]

    def _read(self, size: int, deadline: float | None) -> bytearray:
        content = bytearray(size)
        rest = memoryview(content)
        while rest:
            if deadline is not None and not self._waiting.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise ChannelSilentError
            count = os.readv(self._incoming, [rest])
            if count == 0:
                raise ChannelClosedError
            rest = rest[count:]
        return content
