"""Loads a site into the project's own schema, by COPY, so that its triggers keep the counts."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
from pgvector import HalfVector

from bench.search.data import ATTRIBUTES, CLASSES, DAYS, START, TENANT, Site, camera_id, track_id
from contracts.vocabulary import Space
from services.search.adapters.vectors import TABLES, Thresholds

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_POSTGRES_EPOCH = 946_684_800
_BLOCK = 50_000

LAYOUT = "person.upper_colour=" + "|".join(f"c{number}" for number in range(ATTRIBUTES))
"""One group of many values stands for the attributes, so that one can be rare."""

COLUMNS = (
    "tenant_id, camera_id, recording_id, started_at, ended_at, item_kind, item_id, object_class, rank, space_id, vector"
)


def make_days(owner: psycopg.Connection[Any]) -> None:
    """The site's partitions."""
    for day in range(DAYS):
        owner.execute("SELECT embed.ensure_day(%s::date + %s)", (START.date(), day))


def make_space(owner: psycopg.Connection[Any], kind: Space, dimension: int) -> int:
    """The number of the space that the vectors are of."""
    name = space_name(kind)
    owner.execute(
        "INSERT INTO embed.spaces (name, kind, dimension) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (name, kind.value, dimension),
    )
    row = owner.execute("SELECT id FROM embed.spaces WHERE name = %s", (name,)).fetchone()
    assert row is not None
    return int(row[0])


def space_name(kind: Space) -> str:
    """Of the bench's space of a kind."""
    return f"bench-{kind.value}"


def copy_vectors(
    connection: psycopg.Connection[Any],
    table: str,
    site: Site,
    rows: Any,
    *,
    space_id: int,
    thresholds: Thresholds | None = None,
) -> None:
    """Stores rows by binary COPY, with their codes where the thresholds are known."""
    columns = COLUMNS if thresholds is None else f"{COLUMNS}, code"
    with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(_HEADER)
        for block in _records(site, rows, space_id, thresholds):
            copy.write(block)
        copy.write(b"\xff\xff")


def make_thresholds(owner: psycopg.Connection[Any], site: Site, space_id: int) -> Thresholds:
    """The codes' thresholds from a sample of the site, as embed.calibrate_codes takes them, but before anything is
    stored: codes that are made up later leave the tables twice as large."""
    sample = np.asarray(site.vectors[:: max(1, len(site) // 20_000)], np.float32)
    width = 0.43 * sample.std(axis=0)
    thresholds = Thresholds(sample.mean(axis=0) - width, sample.mean(axis=0) + width)
    owner.execute(
        "INSERT INTO embed.codes (space_id, low, high, sampled) VALUES (%s, %s::halfvec, %s::halfvec, %s)"
        " ON CONFLICT DO NOTHING",
        (space_id, HalfVector(thresholds.low).to_text(), HalfVector(thresholds.high).to_text(), len(sample)),
    )
    return thresholds


def load_vectors(owner: psycopg.Connection[Any], kind: Space, site: Site, space_id: int) -> None:
    """Stores the whole site with its codes, block by block."""
    table = f"embed.{TABLES[kind, site.vectors.shape[1]]}"
    thresholds = make_thresholds(owner, site, space_id)
    for begin in range(0, len(site), _BLOCK):
        rows = np.arange(begin, min(begin + _BLOCK, len(site)))
        copy_vectors(owner, table, site, rows, space_id=space_id, thresholds=thresholds)


def load_attributes(owner: psycopg.Connection[Any], site: Site) -> None:
    """Stores what each track is said to look like: one value of the group for sure."""
    owner.execute(
        "INSERT INTO embed.attribute_layouts (weights, layout) VALUES ('bench', %s) ON CONFLICT DO NOTHING", (LAYOUT,)
    )
    row = owner.execute("SELECT id FROM embed.attribute_layouts WHERE layout = %s", (LAYOUT,)).fetchone()
    assert row is not None
    _, first = np.unique(site.tracks, return_index=True)
    values = [
        "{" + ",".join("9800" if place == one else "1" for place in range(ATTRIBUTES)) + "}"
        for one in range(ATTRIBUTES)
    ]
    columns = (
        "tenant_id, camera_id, recording_id, started_at, ended_at, track_id, object_class, layout_id, crops,"
        " probabilities"
    )
    with owner.cursor().copy(f"COPY embed.attributes ({columns}) FROM STDIN") as copy:
        for place in first:
            began = str(_microseconds(site, place).astype("datetime64[us]")) + "+00"
            camera = camera_id(int(site.cameras[place]))
            copy.write_row(
                (
                    *(TENANT, camera, camera, began, began),
                    *(track_id(int(site.tracks[place])), CLASSES[site.classes[place]].value, row[0], 3),
                    values[site.attributes[place]],
                )
            )


def _microseconds(site: Site, rows: Any) -> Any:
    """When the rows' tracks began, since 1970. One rounding for all: a track's rows are joined by it."""
    return np.round(site.seconds[rows] * 1e6).astype(np.int64) + int(START.timestamp()) * 1_000_000


def _records(site: Site, rows: Any, space_id: int, thresholds: Thresholds | None) -> Iterator[bytes]:
    """Binary tuples. Fields of fixed length make an array of the rows of a class, whose names differ in length."""
    rows = np.asarray(rows)
    dimension = site.vectors.shape[1]
    for number, object_class in enumerate(CLASSES):
        own = rows[site.classes[rows] == number]
        if not len(own):
            continue
        name = object_class.value.encode()
        fields = [
            *(("tenant", "V16"), ("camera", "V16"), ("recording", "V16"), ("began", ">i8"), ("ended", ">i8")),
            *(("kind", "S5"), ("item", "V16"), ("class", f"S{len(name)}"), ("rank", ">i2"), ("space", ">i2")),
            ("vector", [("dimension", ">i2"), ("unused", ">i2"), ("numbers", ">f2", (dimension,))]),
        ]
        if thresholds is not None:
            fields.append(("code", [("bits", ">i4"), ("bytes", "u1", (dimension // 4,))]))
        layout: list[Any] = [("fields", ">i2")]
        for field, kind in fields:
            layout += [(f"{field}_length", ">i4"), (field, kind)]
        block = np.zeros(len(own), np.dtype(layout))
        block["fields"] = len(fields)
        for field, _ in fields:
            block[f"{field}_length"] = block.dtype[field].itemsize
        cameras = np.array([camera_id(int(one)).bytes for one in range(site.cameras.max() + 1)], "V16")
        began = _microseconds(site, own) - _POSTGRES_EPOCH * 1_000_000
        block["tenant"] = np.void(TENANT.bytes)
        block["camera"] = block["recording"] = cameras[site.cameras[own]]
        block["began"], block["ended"] = began, began
        block["kind"], block["class"] = b"track", name
        block["item"] = np.array([track_id(int(one)).bytes for one in site.tracks[own]], "V16")
        block["rank"], block["space"] = site.ranks[own], space_id
        block["vector"]["dimension"] = dimension
        vectors = np.asarray(site.vectors[own])
        block["vector"]["numbers"] = vectors
        if thresholds is not None:
            low, high = thresholds.low.astype(np.float16), thresholds.high.astype(np.float16)
            block["code"]["bits"] = 2 * dimension
            block["code"]["bytes"] = np.packbits(np.concatenate([vectors > low, vectors > high], axis=1), axis=1)
        yield block.tobytes()
