"""Vectors shaped like those of a surveyed site: many cameras of uneven load, days with a rhythm, looks that come again.

Uniform random vectors would tell nothing: they have no neighbours. Here a vector is the sum of what its kind of
picture has in common, its class, its look (a coat, a paint), its camera, day or night, its track, and noise, each of
low rank. Queries are of two kinds: like a picture (near a stored vector), and like a text, which lies apart from all
pictures by a gap (Liang et al., "Mind the Gap", NeurIPS 2022) and points at a class and a look only.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from contracts.vocabulary import ObjectClass

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.int64]

START = datetime(2026, 1, 1, tzinfo=UTC)
TENANT = UUID("01990000-0000-7000-8000-0000000000be")
CAMERAS, DAYS, LOOKS = 200, 30, 3000
CLASSES = tuple(ObjectClass)
SHARES = (0.45, 0.30, 0.08, 0.07, 0.06, 0.04)
"""Of the classes, over the whole site."""
ATTRIBUTES = 200
"""Values of the rare attribute: looks fall into them evenly, so that one holds half a hundredth of all tracks."""
DAY = 86_400
K = 20
"""Neighbours that are asked for."""
MIXES = ("none", "camera_hour", "class_day", "cameras_week", "rare_attribute")

_HOURS = np.array([1, 1, 1, 1, 1, 2, 4, 8, 10, 8, 7, 7, 8, 8, 7, 8, 10, 11, 9, 6, 5, 4, 3, 2], float)
_BLOCK = 50_000


@dataclass(frozen=True)
class Site:
    """All rows, ordered by time. A row is one crop of a track."""

    vectors: npt.NDArray[np.float16]
    """[n, dimension], unit length."""
    cameras: Numbers
    classes: Numbers
    seconds: npt.NDArray[np.float64]
    """Of the track's start, since START."""
    tracks: Numbers
    ranks: Numbers
    """The crop's place in its track."""
    attributes: Numbers
    """Value of the rare attribute, 0 to ATTRIBUTES - 1."""

    def __len__(self) -> int:
        return len(self.vectors)


@dataclass(frozen=True)
class Mix:
    """One query's filters."""

    cameras: tuple[int, ...] = ()
    object_class: int | None = None
    from_second: int | None = None
    until_second: int | None = None
    attribute: int | None = None

    def rows(self, site: Site) -> Numbers:
        """The rows that pass, in order."""
        low = 0 if self.from_second is None else int(np.searchsorted(site.seconds, self.from_second))
        high = len(site) if self.until_second is None else int(np.searchsorted(site.seconds, self.until_second))
        kept = np.ones(high - low, bool)
        if self.cameras:
            kept &= np.isin(site.cameras[low:high], self.cameras)
        if self.object_class is not None:
            kept &= site.classes[low:high] == self.object_class
        if self.attribute is not None:
            kept &= site.attributes[low:high] == self.attribute
        return low + np.nonzero(kept)[0]


@dataclass(frozen=True)
class Queries:
    """What is asked: the first half like pictures, the second like texts."""

    vectors: Floats
    mixes: dict[str, list[Mix]]

    def is_text(self, number: int) -> bool:
        """Whether the query is like a text."""
        return number >= len(self.vectors) // 2


@dataclass(frozen=True)
class Truth:
    """The exact answer to each query of a mix."""

    matches: Numbers
    """Rows that pass the filters."""
    wanted: Numbers
    """Of the K nearest, how many there are."""
    worst: Floats
    """Similarity of the last of them."""


def camera_id(number: int) -> UUID:
    """A camera's id."""
    return UUID(int=(0x0199 << 112) | (0xCA << 64) | (number + 1))


def track_id(number: int) -> UUID:
    """A track's id."""
    return UUID(int=(0x0199 << 112) | (0x7AC << 64) | (number + 1))


def at(second: float) -> datetime:
    """A time on the site's clock."""
    return START + timedelta(seconds=second)


def unit(vectors: Any) -> Any:
    """At unit length."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def make_site(rows: int, dimension: int, folder: Path) -> tuple[Site, Queries]:
    """The site of that many rows, and 200 queries. Made once for a folder, always the same for a size."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "queries.npz").is_file():
        _Maker(rows, dimension).write(folder)
    known = np.load(folder / "rows.npz")
    site = Site(np.load(folder / "vectors.npy", mmap_mode="r"), **{name: known[name] for name in known.files})
    asked = np.load(folder / "queries.npz", allow_pickle=False)
    return site, Queries(unit(asked["vectors"].astype(np.float32)), _mixes(asked))


def find_truth(site: Site, queries: Queries, folder: Path) -> dict[str, Truth]:
    """The exact answers, by comparing every row that passes. Kept in the folder."""
    file = folder / "truth.npz"
    if not file.is_file():
        found: dict[str, Any] = {}
        nearest_of_all = _all_similarities(site, queries)
        for mix, asked in queries.mixes.items():
            matches, wanted, worst = [], [], []
            for number, one in enumerate(asked):
                if mix == "none":
                    likeness, count = nearest_of_all[number], len(site)
                else:
                    passing = one.rows(site)
                    likeness, count = similarities(site, queries, number, passing), len(passing)
                best = min(K, count)
                matches.append(count)
                wanted.append(best)
                worst.append(float(np.partition(likeness, -best)[-best]) if best else 0.0)
            found |= {f"{mix}.matches": matches, f"{mix}.wanted": wanted, f"{mix}.worst": worst}
        np.savez(file, **found)
    known = np.load(file)
    return {mix: Truth(*(known[f"{mix}.{part}"] for part in ("matches", "wanted", "worst"))) for mix in queries.mixes}


def similarities(site: Site, queries: Queries, number: int, rows: Any) -> Floats:
    """Of one query to some rows, [rows]."""
    stored = unit(np.asarray(site.vectors[rows], np.float32)) if len(rows) else np.zeros((0, queries.vectors.shape[1]))
    return np.asarray(stored @ queries.vectors[number], np.float32)


def recall(site: Site, queries: Queries, truth: Truth, number: int, rows: list[int]) -> float:
    """Share of the true nearest that were found; a row as near as the last of them counts as one."""
    wanted = int(truth.wanted[number])
    if not wanted:
        return 1.0
    near = similarities(site, queries, number, sorted(set(rows))) >= truth.worst[number] - 2e-4
    return min(1.0, float(near.sum()) / wanted)


def _all_similarities(site: Site, queries: Queries) -> Floats:
    """The K best of each query over everything, [queries, K]."""
    best = np.full((len(queries.vectors), K), -2.0, np.float32)
    for begin in range(0, len(site), _BLOCK):
        block = queries.vectors @ unit(np.asarray(site.vectors[begin : begin + _BLOCK], np.float32)).T
        together = np.concatenate([best, block], axis=1)
        best = np.partition(together, -K, axis=1)[:, -K:]
    return best


def _mixes(asked: Any) -> dict[str, list[Mix]]:
    count = len(asked["vectors"])
    return {
        "none": [Mix() for _ in range(count)],
        "camera_hour": [
            Mix(cameras=(int(camera),), from_second=int(hour) * 3600, until_second=int(hour + 1) * 3600)
            for camera, hour in asked["camera_hour"]
        ],
        "class_day": [
            Mix(object_class=int(kind), from_second=int(day) * DAY, until_second=int(day + 1) * DAY)
            for kind, day in asked["class_day"]
        ],
        "cameras_week": [
            Mix(cameras=tuple(int(one) for one in some), from_second=int(day) * DAY, until_second=int(day + 7) * DAY)
            for some, day in zip(asked["week_cameras"], asked["week_day"], strict=True)
        ],
        "rare_attribute": [Mix(attribute=int(value)) for value in asked["attribute"]],
    }


class _Maker:
    """Draws a site. Every part has a seed of its own, so that it is the same on every machine."""

    def __init__(self, rows: int, dimension: int) -> None:
        self.rows, self.dimension = rows, dimension
        random = np.random.default_rng(7)
        self.centre = unit(random.standard_normal(dimension)) * 0.75
        self.night = unit(random.standard_normal(dimension)) * 0.2
        self.of_class = self._low_rank(len(CLASSES), 64, 0.40, 0.2, 1)
        self.of_look = self._low_rank(LOOKS, 128, 0.55, 0.4, 2)
        self.of_camera = self._low_rank(CAMERAS, 96, 0.35, 0.4, 3)

    def write(self, folder: Path) -> None:
        random = np.random.default_rng(17)
        lengths = np.minimum(random.geometric(1 / 3, int(self.rows / 2)), 10)
        tracks = int(np.searchsorted(np.cumsum(lengths), self.rows)) + 1
        lengths = lengths[:tracks]
        load = 1 / np.arange(1, CAMERAS + 1) ** 0.6
        random.shuffle(load)
        cameras = random.choice(CAMERAS, tracks, p=load / load.sum())
        hours = random.choice(24, tracks, p=_HOURS / _HOURS.sum())
        seconds = random.integers(0, DAYS, tracks) * DAY + hours * 3600 + random.random(tracks) * 3600
        order = np.argsort(seconds, kind="stable")
        cameras, seconds, hours = cameras[order], seconds[order], hours[order]
        mixture = random.dirichlet(np.array(SHARES) * 8, CAMERAS)
        classes = (mixture[cameras].cumsum(1) > random.random(tracks)[:, None]).argmax(1)
        popular = 1 / np.arange(1, LOOKS // len(CLASSES) + 1) ** 0.7
        looks = random.choice(LOOKS // len(CLASSES), tracks, p=popular / popular.sum()) * len(CLASSES) + classes
        of_track = np.repeat(np.arange(tracks), lengths)[: self.rows]
        ranks = np.arange(self.rows) - np.searchsorted(of_track, of_track)
        # A coat's colour goes with the look, and some wear it who look otherwise.
        attributes = (
            looks * 7919 + random.integers(0, 2, tracks) * random.integers(0, ATTRIBUTES, tracks)
        ) % ATTRIBUTES
        self._write_vectors(folder, of_track, cameras=cameras, classes=classes, looks=looks, hours=hours)
        np.savez(
            folder / "rows.npz",
            cameras=cameras[of_track],
            classes=classes[of_track],
            seconds=seconds[of_track],
            tracks=of_track,
            ranks=ranks,
            attributes=attributes[of_track],
        )
        self._write_queries(folder, cameras[of_track], classes[of_track], seconds[of_track], attributes[of_track])

    def _write_vectors(
        self, folder: Path, of_track: Any, *, cameras: Any, classes: Any, looks: Any, hours: Any
    ) -> None:
        stored = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float16, (self.rows, self.dimension))
        light = np.sin((hours - 6) / 24 * 2 * np.pi).astype(np.float32)
        for begin in range(0, self.rows, _BLOCK):
            rows = of_track[begin : begin + _BLOCK]
            known, inverse = np.unique(rows, return_inverse=True)
            # A track may go on in the next block: what is its own is drawn from its number.
            own = np.stack([np.random.default_rng(1_000_003 + int(one)).standard_normal(160) for one in known])
            track = (own.astype(np.float32) @ self._basis(160, 0.3, 5)) * 0.40
            noise = self._low_rank(len(rows), 160, 0.25, 0.2, 500 + begin)
            noise += np.random.default_rng(900 + begin).standard_normal((len(rows), self.dimension)).astype(
                np.float32
            ) * (0.08 / np.sqrt(self.dimension))
            vectors = (
                self.centre
                + self.of_class[classes[rows]]
                + self.of_look[looks[rows]]
                + self.of_camera[cameras[rows]]
                + light[rows][:, None] * self.night
                + track[inverse]
                + noise
            )
            stored[begin : begin + len(rows)] = unit(vectors).astype(np.float16)
        stored.flush()

    def _write_queries(self, folder: Path, cameras: Any, classes: Any, seconds: Any, attributes: Any) -> None:
        random = np.random.default_rng(99)
        count = 200
        half = count // 2
        source = random.choice(self.rows, half, replace=False)
        stored = np.load(folder / "vectors.npy", mmap_mode="r")
        pictures = unit(
            np.stack([stored[one] for one in source]).astype(np.float32) + self._low_rank(half, 160, 0.25, 0.2, 77)
        )
        gap = unit(0.35 * unit(self.centre) + unit(random.standard_normal(self.dimension))) * 0.75
        kinds = random.choice(len(CLASSES), half, p=SHARES)
        looks = random.choice(LOOKS // len(CLASSES), half) * len(CLASSES) + kinds
        texts = unit(
            gap + 0.9 * self.of_class[kinds] + 0.9 * self.of_look[looks] + self._low_rank(half, 160, 0.35, 0.2, 78)
        )
        cells = random.choice(self.rows, count)
        cells[: count // 4] = source[: count // 4]
        np.savez(
            folder / "queries.npz",
            vectors=np.concatenate([pictures, texts]).astype(np.float16),
            camera_hour=np.stack([cameras[cells], (seconds[cells] // 3600).astype(int)], 1),
            class_day=np.stack([np.concatenate([classes[source], kinds]), random.integers(0, DAYS, count)], 1),
            week_cameras=np.stack([random.choice(CAMERAS, 10, replace=False) for _ in range(count)]),
            week_day=random.integers(0, DAYS - 7, count),
            attribute=attributes[random.choice(self.rows, count)],
        )

    def _basis(self, rank: int, decay: float, seed: int) -> Any:
        drawn = np.random.default_rng(seed).standard_normal((self.dimension, rank))
        spread = np.arange(1, rank + 1) ** -decay
        return (np.linalg.qr(drawn)[0].T * (spread / np.sqrt((spread**2).sum()))[:, None]).astype(np.float32)

    def _low_rank(self, count: int, rank: int, norm: float, decay: float, seed: int) -> Any:
        drawn = np.random.default_rng(seed + 10_000).standard_normal((count, rank)).astype(np.float32)
        return drawn @ self._basis(rank, decay, seed) * norm
