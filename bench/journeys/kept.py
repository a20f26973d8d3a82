"""What was seen in a site's tracks, kept in a folder, so that a bench that was stopped goes on from there."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

import msgspec
import numpy as np

import bench.quality.reidentification
import bench.quality.weights
import kit.pixels
import services.ingest.adapters.pictures
import services.ingest.model.crop
from bench.journeys import footage, site
from bench.journeys.footage import rendering_code
from bench.journeys.site import Site
from contracts.journey import SeenTrack
from services.search.model.journey import Sighting

_LOOKING = (
    footage,
    site,
    bench.quality.reidentification,
    bench.quality.weights,
    kit.pixels,
    services.ingest.adapters.pictures,
    services.ingest.model.crop,
)
"""Modules that decide what is cut out and what is said of it."""


class _Seen(msgspec.Struct, frozen=True):
    """A track with its vector and attributes, and who it is."""

    track: SeenTrack
    vector: list[float]
    attributes: dict[str, tuple[float, ...]]
    actor: str


def kept_site(name: str, by: Sequence[str], folder: Path, look: Callable[[], Site]) -> Site:
    """A site as it was looked at before by the same networks (`by`: their hashes) and the same code, or now."""
    code = hashlib.sha256(rendering_code().encode())
    for module in _LOOKING:
        code.update(Path(str(module.__file__)).read_bytes())
    code.update("/".join(by).encode())
    file = folder / f"{name}-{code.hexdigest()[:16]}.json"
    if file.is_file():
        return _read(name, file)
    found = look()
    unfinished = file.with_suffix(f".{os.getpid()}")
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    unfinished.write_bytes(msgspec.json.encode([_seen(found, one) for one in found.sightings]))
    unfinished.replace(file)
    return found


def _seen(found: Site, one: Sighting) -> _Seen:
    vector = [] if one.vector is None else one.vector.tolist()
    return _Seen(one.track, vector, dict(one.attributes), found.actors[one.track.id])


def _read(name: str, file: Path) -> Site:
    rows = msgspec.json.decode(file.read_bytes(), type=list[_Seen])
    sightings = tuple(
        Sighting(row.track, np.array(row.vector, np.float32) if row.vector else None, row.attributes) for row in rows
    )
    actors: dict[UUID, str] = {row.track.id: row.actor for row in rows}
    return Site(name, sightings, actors)
