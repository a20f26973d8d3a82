"""Watches, what is new, and alerts in Postgres."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import numpy as np
from pgvector import HalfVector
from psycopg.types.json import Jsonb

from contracts.events import Schedule
from contracts.search import SearchRequest
from contracts.vocabulary import ItemKind, ObjectClass, Space
from contracts.watches import SEARCH_WATCH_PREPARE, PrepareWatches, WatchItems
from kit.jobs import Jobs
from kit.lease import Lease
from kit.postgres import Database
from kit.sql import Statements
from services.search.adapters.postgres import scene_seen, tenant_transaction, track_seen, translated
from services.search.model.fresh import FreshBatch, FreshRow
from services.search.model.search import Vector
from services.search.model.watches import Prepared
from services.search.ports.search import Seen
from services.search.ports.watches import NewAlert, StandingWatch, WatchKey

_SQL = Statements(Path(__file__).with_name("watches.sql"))

_ROWS: Mapping[tuple[str, int], str] = {
    (Space.SEMANTIC.value, 384): "rows_semantic_384",
    (Space.SEMANTIC.value, 768): "rows_semantic_768",
    (Space.APPEARANCE.value, 256): "rows_appearance_256",
}


class PostgresWatches:
    """Reads the gateway's, ingest's and embed's views; writes as the role of the search service."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs

    def standing(self, tenant_id: UUID) -> Sequence[WatchKey]:
        """The tenant's watched searches that are not muted."""
        with tenant_transaction(self._database, tenant_id) as connection:
            rows = connection.execute(_SQL["standing"], {"tenant_id": tenant_id}).fetchall()
        return [(row["id"], row["version"]) for row in rows]

    def spaces(self) -> str | None:
        """Names of the spaces that serve, as one word for all."""
        with translated(), self._database.system_transaction() as connection:
            row = connection.execute(_SQL["serving_spaces"]).fetchone()
        return None if row is None else row["spaces"]

    def read(
        self, tenant_id: UUID, watch_ids: Sequence[UUID], spaces: str | None
    ) -> Sequence[tuple[StandingWatch, Prepared | None]]:
        """Watched searches as they are now, and what is kept of what they look for."""
        asked = {"tenant_id": tenant_id, "ids": list(watch_ids), "spaces": spaces}
        with tenant_transaction(self._database, tenant_id) as connection:
            rows = connection.execute(_SQL["read"], asked).fetchall()
        return [(_standing(tenant_id, row), _unpacked(row["prepared"])) for row in rows]

    def unprepared(self, tenant_id: UUID, spaces: str, limit: int) -> Sequence[StandingWatch]:
        """Watched searches of which nothing is kept for these spaces."""
        asked = {"tenant_id": tenant_id, "spaces": spaces, "limit": limit}
        with tenant_transaction(self._database, tenant_id) as connection:
            rows = connection.execute(_SQL["unprepared"], asked).fetchall()
        return [_standing(tenant_id, row) for row in rows]

    def keep(self, tenant_id: UUID, spaces: str, made: Mapping[WatchKey, Prepared]) -> None:
        """Keeps what watches look for; forgets that of versions and watches that are gone."""
        kept = {
            "tenant_id": tenant_id,
            "spaces": spaces,
            "watch_ids": [watch_id for watch_id, _ in made],
            "versions": [version for _, version in made],
            "prepared": [msgspec.msgpack.encode(one, enc_hook=_packed_vector) for one in made.values()],
        }
        with tenant_transaction(self._database, tenant_id) as connection:
            connection.execute(_SQL["keep"], kept)
            connection.execute(_SQL["forget"], {"tenant_id": tenant_id})

    def ask_to_prepare(self) -> int:
        """Makes a job for each tenant with watches of which nothing is kept yet."""
        with self._database.system_transaction() as connection:
            rows = connection.execute(_SQL["unprepared_tenants"]).fetchall()
        for row in rows:
            with self._jobs.work(row["tenant_id"]) as work:
                work.enqueue(SEARCH_WATCH_PREPARE, PrepareWatches(watches=row["watches"]), key=row["key"])
        return len(rows)

    def fresh(self, tenant_id: UUID, items: WatchItems) -> FreshBatch:
        """The items' vectors in the spaces that serve."""
        ids = [*items.track_ids, *items.scene_ids]
        with tenant_transaction(self._database, tenant_id) as connection:
            span = connection.execute(_SQL["started"], _ids(tenant_id, items)).fetchone()
            if span is None or span["first"] is None:
                return FreshBatch(())
            rows: list[FreshRow] = []
            for space in connection.execute(_SQL["spaces"]).fetchall():
                found = connection.execute(
                    _SQL[_ROWS[space["kind"], space["dimension"]]],
                    {
                        "tenant_id": tenant_id,
                        "ids": ids,
                        "space_id": space["id"],
                        "first": span["first"],
                        "last": span["last"],
                    },
                    # Planned with its values, so that partitions are pruned.
                    prepare=False,
                ).fetchall()
                rows += [_fresh(space, row) for row in found]
        return FreshBatch(rows)

    def stills(self, tenant_id: UUID, items: WatchItems) -> Mapping[tuple[UUID, int], Seen]:
        """What ingest stored of every crop and scene."""
        with tenant_transaction(self._database, tenant_id) as connection:
            crops = connection.execute(_SQL["crops"], _ids(tenant_id, items)).fetchall()
            scenes = connection.execute(_SQL["scenes"], _ids(tenant_id, items)).fetchall()
        return {(row["id"], row["rank"]): track_seen(row) for row in crops} | {
            (row["id"], 0): scene_seen(row) for row in scenes
        }

    def time_zones(self, tenant_id: UUID) -> Mapping[UUID, str]:
        """Camera → its time zone."""
        with tenant_transaction(self._database, tenant_id) as connection:
            rows = connection.execute(_SQL["time_zones"], {"tenant_id": tenant_id}).fetchall()
        return {row["id"]: row["time_zone"] for row in rows}

    def finish(self, lease: Lease, alerts: Sequence[NewAlert], result: Mapping[str, Any]) -> int:
        """Writes the alerts that are not there yet, and completes the job."""
        with self._jobs.completion(lease) as work:
            made = work.connection.execute(_SQL["alert"], _alerts(lease.tenant_id, alerts)).rowcount if alerts else 0
            work.result = {**result, "alerts": made}
        return made

    def done(self, lease: Lease, result: Mapping[str, Any]) -> None:
        """Completes a job that leaves nothing else."""
        with self._jobs.completion(lease) as work:
            work.result = result


def _ids(tenant_id: UUID, items: WatchItems) -> dict[str, Any]:
    return {"tenant_id": tenant_id, "track_ids": list(items.track_ids), "scene_ids": list(items.scene_ids)}


def _packed_vector(value: Any) -> bytes:
    """A vector as the bytes of its FP32 numbers, little-endian."""
    if isinstance(value, np.ndarray):
        return value.astype("<f4").tobytes()
    raise NotImplementedError(f"{type(value).__name__} is not kept")


def _unpacked_vector(_: type, value: Any) -> Vector:
    return np.frombuffer(value, "<f4").astype(np.float32)


def _unpacked(kept: bytes | None) -> Prepared | None:
    """None also for what another version of this service kept in a form that is not known: it is made anew."""
    if kept is None:
        return None
    try:
        return msgspec.msgpack.decode(kept, type=Prepared, dec_hook=_unpacked_vector)
    except (msgspec.DecodeError, ValueError):
        return None


def _standing(tenant_id: UUID, row: Mapping[str, Any]) -> StandingWatch:
    request = msgspec.convert(row["search"], SearchRequest)
    cameras = None if row["camera_ids"] is None else tuple(row["camera_ids"])
    return StandingWatch(
        id=row["id"],
        version=row["version"],
        # Whose footage, and of which cameras, the row says, whatever the search was stored with.
        request=msgspec.structs.replace(request, tenant_id=tenant_id, camera_ids=cameras),
        schedule=msgspec.convert(row["schedule"], Schedule | None),
    )


def _fresh(space: Mapping[str, Any], row: Mapping[str, Any]) -> FreshRow:
    return FreshRow(
        kind=Space(space["kind"]),
        space=space["name"],
        item=ItemKind(row["item_kind"]),
        item_id=row["item_id"],
        rank=row["rank"],
        object_class=None if row["object_class"] is None else ObjectClass(row["object_class"]),
        camera_id=row["camera_id"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        vector=HalfVector.from_text(row["vector"]).to_numpy().astype(np.float32),
    )


def _alerts(tenant_id: UUID, alerts: Sequence[NewAlert]) -> dict[str, Any]:
    hits = [alert.hit for alert in alerts]
    return {
        "tenant_id": tenant_id,
        "watch_ids": [alert.watch.id for alert in alerts],
        "watch_versions": [alert.watch.version for alert in alerts],
        "camera_ids": [hit.camera_id for hit in hits],
        "item_kinds": [hit.kind.value for hit in hits],
        "item_ids": [hit.id for hit in hits],
        "started_at": [hit.started_at for hit in hits],
        "ended_at": [hit.ended_at for hit in hits],
        "hits": [Jsonb(msgspec.to_builtins(hit)) for hit in hits],
    }
