"""What a segment hands to the next one."""

from typing import Any

import msgspec

from services.ingest.model.observation import Detection
from services.ingest.model.track import OpenTrack

_VERSION = 1


class CarriedState(msgspec.Struct, kw_only=True):
    """Everything that analysing the next segment depends on. Plain values: kept as msgpack, never as pickle."""

    version: int = _VERSION
    last_cell: int = -1
    """The sampling cell of the last sampled frame."""
    last_look_us: int = -(10**9)
    """When the detector last looked."""
    next_scene_us: int = 0
    """From when on a scene is due."""
    closed: int = 0
    """Tracks closed so far, and so the next one's ordinal."""
    next_number: int = 0
    """Of the next track that begins."""
    open: list[OpenTrack] = []
    unmatched: list[Detection] = []
    unmatched_us: int = -1
    tracker: dict[str, Any] = {}
    """The tracker's own memory, by kind."""


class StateUnreadableError(Exception):
    """The stored state is of another version."""


def encode_state(state: CarriedState) -> bytes:
    """As it is stored."""
    return msgspec.msgpack.encode(state)


def decode_state(content: bytes | None) -> CarriedState:
    """As it was stored; None: the state before the first segment. Raises StateUnreadableError."""
    if content is None:
        return CarriedState()
    try:
        state = msgspec.msgpack.decode(content, type=CarriedState)
    except msgspec.MsgspecError as error:
        raise StateUnreadableError(f"the tracker's state cannot be read: {error}") from error
    if state.version != _VERSION:
        raise StateUnreadableError(f"the tracker's state is of version {state.version}, not {_VERSION}")
    return state
