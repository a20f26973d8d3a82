"""Others, in the same process on the same vectors, each as its users have it: FAISS, sqlite-vec twice, Qdrant Edge, and
pgvector as it comes."""

import os
import shutil
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from bench.search.data import DAY, K, Mix, Queries, Site

Search = Callable[[str, int], Sequence[int]]
"""A mix and a query's number to the rows found, best first."""

_BLOCK = 5_000


def faiss_ways(site: Site, queries: Queries, folder: Path) -> dict[str, Search]:
    """FAISS: HNSW with the rows that pass as a bitmap, and IVF with 40 probes, both at half precision."""
    # Its stubs and its classes differ.
    faiss: Any = import_module("faiss")

    folder.mkdir(parents=True, exist_ok=True)
    lists = max(50, min(1000, len(site) // 100))
    made = {}
    for name, kind in (("hnsw", "HNSW16,SQfp16"), ("ivf", f"IVF{lists},SQfp16")):
        file = folder / f"{name}.faiss"
        if not file.is_file():
            index = faiss.index_factory(site.vectors.shape[1], kind, faiss.METRIC_INNER_PRODUCT)
            if name == "hnsw":
                index.hnsw.efConstruction = 100
            index.train(np.asarray(site.vectors[:: max(1, len(site) // 50_000)], np.float32))
            for begin in range(0, len(site), _BLOCK):
                index.add(np.asarray(site.vectors[begin : begin + _BLOCK], np.float32))
            faiss.write_index(index, str(folder / "new"))
            (folder / "new").rename(file)
        made[name] = faiss.read_index(str(file))
    faiss.omp_set_num_threads(1)

    def selector(mix: str, number: int) -> Any:
        if mix == "none":
            return None
        bitmap = np.zeros(len(site), bool)
        bitmap[queries.mixes[mix][number].rows(site)] = True
        return faiss.IDSelectorBitmap(np.packbits(bitmap, bitorder="little"))

    def hnsw(mix: str, number: int) -> Sequence[int]:
        passing = selector(mix, number)
        settings = {} if passing is None else {"sel": passing}
        parameters = faiss.SearchParametersHNSW(efSearch=200, **settings)
        return _found(made["hnsw"].search(queries.vectors[number : number + 1], K, params=parameters)[1][0])

    def ivf(mix: str, number: int) -> Sequence[int]:
        passing = selector(mix, number)
        settings = {} if passing is None else {"sel": passing}
        parameters = faiss.SearchParametersIVF(nprobe=min(40, lists), **settings)
        return _found(made["ivf"].search(queries.vectors[number : number + 1], K, params=parameters)[1][0])

    return {"faiss_hnsw": hnsw, "faiss_ivf": ivf}


def sqlite_ways(site: Site, queries: Queries, folder: Path) -> dict[str, Search]:
    """sqlite-vec: as Frigate uses it (one table of vectors, ids out of a subselect), and with days as partitions and
    metadata columns."""
    import pysqlite3
    import sqlite_vec

    file = folder / "vectors.db"
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / "new.db"
    dimension = site.vectors.shape[1]

    def opened(path: Path) -> Any:
        connection = pysqlite3.connect(str(path), isolation_level=None)
        connection.enable_load_extension(True)
        sqlite_vec.load(connection)
        for setting in ("journal_mode=off", "synchronous=off", "cache_size=-4000000", "mmap_size=8000000000"):
            connection.execute(f"pragma {setting}")
        return connection

    if not file.is_file():
        fresh.unlink(missing_ok=True)
        connection = opened(fresh)
        connection.execute("create table events (id integer primary key, camera int, class int, at int, attribute int)")
        connection.execute(
            "create virtual table plain using vec0(id integer primary key,"
            f" v float[{dimension}] distance_metric=cosine)"
        )
        connection.execute(
            "create virtual table parted using vec0(day integer partition key, camera integer, class integer,"
            f" at integer, attribute integer, v float[{dimension}] distance_metric=cosine)"
        )
        connection.execute("begin")
        for begin in range(0, len(site), _BLOCK):
            some = range(begin, min(begin + _BLOCK, len(site)))
            vectors = [row.tobytes() for row in np.asarray(site.vectors[begin : some.stop], np.float32)]
            facts = [
                (int(site.cameras[row]), int(site.classes[row]), int(site.seconds[row]), int(site.attributes[row]))
                for row in some
            ]
            connection.executemany(
                "insert into events values (?, ?, ?, ?, ?)",
                [(row + 1, *fact) for row, fact in zip(some, facts, strict=True)],
            )
            connection.executemany(
                "insert into plain (id, v) values (?, ?)", [(row + 1, v) for row, v in zip(some, vectors, strict=True)]
            )
            connection.executemany(
                "insert into parted (rowid, day, camera, class, at, attribute, v) values (?, ?, ?, ?, ?, ?, ?)",
                [(row + 1, fact[2] // DAY, *fact, v) for row, fact, v in zip(some, facts, vectors, strict=True)],
            )
        connection.execute("create index by_camera on events (camera, at)")
        connection.execute("create index by_class on events (class, at)")
        connection.execute("create index by_attribute on events (attribute)")
        connection.execute("commit")
        connection.close()
        fresh.rename(file)
    connection = opened(file)

    def frigate(mix: str, number: int) -> Sequence[int]:
        where = _sqlite_where(queries.mixes[mix][number])
        among = f" and id in (select id from events where {where})" if where else ""  # noqa: S608
        statement = f"select id from plain where v match ? and k = {K}{among} order by distance"  # noqa: S608
        return [row[0] - 1 for row in connection.execute(statement, (queries.vectors[number].tobytes(),))]

    def parted(mix: str, number: int) -> Sequence[int]:
        asked = queries.mixes[mix][number]
        where = _sqlite_where(asked)
        days: Sequence[int | None] = [None]
        if asked.from_second is not None and asked.until_second is not None:
            days = range(asked.from_second // DAY, (asked.until_second - 1) // DAY + 1)
        found: list[tuple[float, int]] = []
        # A list of partitions costs far more than one after the other.
        for day in days:
            conditions = "".join(f" and {one}" for one in (where, "" if day is None else f"day = {day}") if one)
            statement = f"select distance, rowid from parted where v match ? and k = {K}{conditions} order by distance"  # noqa: S608
            found += connection.execute(statement, (queries.vectors[number].tobytes(),)).fetchall()
        return [row - 1 for _, row in sorted(found)[:K]]

    return {"sqlite_vec_frigate": frigate, "sqlite_vec_parted": parted}


def qdrant_ways(site: Site, queries: Queries, folder: Path) -> dict[str, Search]:
    """Qdrant Edge, in process: its filterable HNSW at ef 200, and with ACORN."""
    edge: Any = import_module("qdrant_edge")

    place = folder / "shard"
    if not (folder / "whole").is_file():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        settings = edge.EdgeConfig(
            vectors=edge.EdgeVectorParams(
                size=site.vectors.shape[1],
                distance=edge.Distance.Cosine,
                datatype=edge.VectorStorageDatatype.Float16,
            ),
            hnsw_config=edge.HnswIndexConfig(
                m=16, ef_construct=100, full_scan_threshold=10_000, max_indexing_threads=os.cpu_count(), payload_m=16
            ),
            optimizers=edge.EdgeOptimizersConfig(default_segment_number=1, max_segment_size=20_000_000),
            max_search_threads=1,
            wal_enabled=False,
        )
        shard = edge.EdgeShard.create(str(place), settings)
        for name in ("camera", "class", "at", "attribute"):
            shard.update(edge.UpdateOperation.create_field_index(name, edge.PayloadSchemaType.Integer))
        for begin in range(0, len(site), 2000):
            vectors = np.asarray(site.vectors[begin : begin + 2000], np.float32).tolist()
            points = [
                edge.Point(
                    begin + row,
                    vector,
                    {
                        "camera": int(site.cameras[begin + row]),
                        "class": int(site.classes[begin + row]),
                        "at": int(site.seconds[begin + row]),
                        "attribute": int(site.attributes[begin + row]),
                    },
                )
                for row, vector in enumerate(vectors)
            ]
            shard.update(edge.UpdateOperation.upsert_points(points))
        while shard.optimize():
            pass
        shard.flush()
        shard.close()
        (folder / "whole").touch()
    shard = edge.EdgeShard.load(str(place))

    def condition(asked: Mix) -> Any:
        must: list[Any] = []
        if len(asked.cameras) == 1:
            must.append(edge.FieldCondition("camera", match=edge.MatchValue(asked.cameras[0])))
        elif asked.cameras:
            must.append(edge.FieldCondition("camera", match=edge.MatchAny(list(asked.cameras))))
        for name, value in (("class", asked.object_class), ("attribute", asked.attribute)):
            if value is not None:
                must.append(edge.FieldCondition(name, match=edge.MatchValue(value)))
        if asked.from_second is not None:
            must.append(edge.FieldCondition("at", range=edge.RangeFloat(gte=asked.from_second, lt=asked.until_second)))
        return edge.Filter(must=must) if must else None

    def searched(mix: str, number: int, parameters: Any) -> Sequence[int]:
        request = edge.SearchRequest(
            query=edge.Query.Nearest(queries.vectors[number].tolist()),
            limit=K,
            filter=condition(queries.mixes[mix][number]),
            params=parameters,
        )
        return [int(str(point.id)) for point in shard.search(request)]

    plain = edge.SearchParams(hnsw_ef=200)
    acorn = edge.SearchParams(hnsw_ef=200, acorn=edge.AcornSearchParams(enable=True))
    return {
        "qdrant_edge": lambda mix, number: searched(mix, number, plain),
        "qdrant_edge_acorn": lambda mix, number: searched(mix, number, acorn),
    }


def _sqlite_where(asked: Mix) -> str:
    conditions = []
    if asked.cameras:
        conditions.append(f"camera in ({', '.join(map(str, asked.cameras))})")
    if asked.object_class is not None:
        conditions.append(f"class = {asked.object_class}")
    if asked.attribute is not None:
        conditions.append(f"attribute = {asked.attribute}")
    if asked.from_second is not None:
        conditions.append(f"at >= {asked.from_second} and at < {asked.until_second}")
    return " and ".join(conditions)


def _found(numbers: Any) -> list[int]:
    return [int(one) for one in numbers if one >= 0]
