"""Who calls, what they may do and see."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from gateway.refusals import NotFoundError

KEY_PREFIX = "sl_"
"""How every API key begins, so that scanners for leaked secrets know one."""


class Scope(StrEnum):
    """What an API key may be allowed to do."""

    CAMERAS_READ = "cameras:read"
    CAMERAS_WRITE = "cameras:write"
    RECORDINGS_READ = "recordings:read"
    RECORDINGS_WRITE = "recordings:write"
    SEARCH = "search"
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    REPORTS_READ = "reports:read"
    REPORTS_WRITE = "reports:write"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"


@dataclass(frozen=True)
class Caller:
    """The key that a request came with."""

    key_id: UUID
    tenant_id: UUID
    name: str
    """The key's name, for reports and the log."""
    scopes: frozenset[str]
    camera_ids: tuple[UUID, ...] | None
    """The cameras that the key may see. None: every camera of the tenant."""

    @property
    def cameras(self) -> list[UUID] | None:
        """The restriction as a parameter of queries: an array, or NULL for none."""
        return None if self.camera_ids is None else list(self.camera_ids)

    def sees(self, camera_id: UUID) -> bool:
        """Whether the key may see this camera of its tenant."""
        return self.camera_ids is None or camera_id in self.camera_ids

    def narrowed(self, asked: Iterable[UUID] | None) -> tuple[UUID, ...] | None:
        """The cameras of a query: those asked for, or else all that the key may see. Raises NotFoundError for one that
        the key may not see, as for one that is not there."""
        if asked is None:
            return self.camera_ids
        wanted = tuple(dict.fromkeys(asked))
        for camera_id in wanted:
            if not self.sees(camera_id):
                raise NotFoundError("camera", camera_id)
        return wanted


def key_hash(key: str) -> bytes:
    """What is kept of a key: SHA-256 of its whole text. It is random, so it needs no salt and no slow hash."""
    return hashlib.sha256(key.encode()).digest()
