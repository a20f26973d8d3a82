"""Turns a planned site into footage: frames, H.264 files, and the truth beside them."""

from __future__ import annotations

import hashlib
import multiprocessing
import queue
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from infra.rendered_site import captions, finish
from infra.rendered_site.model import Actor, Box, Pixels
from infra.rendered_site.plan import Camera, Site
from infra.rendered_site.props import prop_mesh
from infra.rendered_site.scenery import paint, parked_mesh
from infra.rendered_site.stage import Fixed, Item, compose, mesh_of, set_up
from infra.rendered_site.truth import ActorTruth, Appearance, BoxTruth, CameraTruth, SiteTruth, write_truth

Progress = Callable[[str, int, int], None]
"""Called with a camera's name, its frames done and its frames in all."""

_GOP = 20
_LEAST_VISIBLE = 0.1
"""Boxes of which less can be seen are not truth: nobody could find them."""


class NoEncoderError(RuntimeError):
    """This PyAV carries no encoder that can make the footage."""

    def __init__(self, tried: tuple[str, ...]) -> None:
        super().__init__(f"PyAV carries none of the encoders {', '.join(tried)}: install its wheel from PyPI")
        self.tried = tried


def _parked_actor(camera: Camera, number: int) -> Actor:
    return Actor(f"{camera.name}-parked-{number + 1}", vehicle=camera.layout.scene.parked[number].look)


def _fixed(camera: Camera) -> Fixed:
    layout = camera.layout
    backdrop = paint(layout.scene, layout.pinhole, camera.light)
    items = [Item(prop_mesh(prop)) for prop in layout.scene.props]
    items += [
        Item(parked_mesh(parked), _parked_actor(camera, number).id) for number, parked in enumerate(layout.scene.parked)
    ]
    return set_up(backdrop.rgb, items, layout.pinhole, camera.light)


def render_camera(site: Site, camera: Camera) -> Iterator[tuple[Pixels, list[Box]]]:
    """Every frame of one camera, RGB (height, width, 3), with the boxes of what moves and what is parked in it."""
    fixed = _fixed(camera)
    pinhole, light = camera.layout.pinhole, camera.light
    sensor = camera.sensor if site.dark else finish.exposed(camera.sensor, fixed.frame)
    for number in range(site.frames):
        clock = number / site.fps
        items = []
        for route in site.routes:
            for leg in route.legs:
                if leg.camera == camera.name:
                    at = leg.standing(route.actor, clock)
                    if at is not None:
                        items.append(Item(mesh_of(at), route.actor.id))
        frame, boxes = compose(fixed, items, pinhole, light)
        rng = np.random.default_rng((site.seed, camera.seed, number))
        frame = finish.grain(finish.optics(frame, sensor), sensor.noise, rng)
        moment = site.start + timedelta(seconds=clock)
        finish.burn_in(frame, f"RENDERED {camera.name} {moment:%Y-%m-%d %H:%M:%S}")
        yield frame, [box for box in boxes if box.visible >= _LEAST_VISIBLE]


def _encoder(container: Any, site: Site, width: int, height: int) -> Any:
    """The stream of the first encoder there is: x264 as cameras set it, else OpenH264, else MPEG-4 part 2."""
    tried = ("libx264", "libopenh264", "mpeg4")
    for name in tried:
        if name not in av.codecs_available:
            continue
        stream = container.add_stream(name, rate=site.fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.gop_size = _GOP
        # One thread: the number of threads changes the bytes.
        stream.thread_count = 1
        if name == "libx264":
            stream.options = {"preset": "superfast", "crf": "25", "bf": "0", "sc_threshold": "0", "threads": "1"}
        else:
            stream.bit_rate = width * height * 4
        return stream
    raise NoEncoderError(tried)


def _film(
    site: Site, name: str, folder: Path, report: Callable[[int], None]
) -> tuple[CameraTruth, list[list[BoxTruth]]]:
    camera = site.camera(name)
    path = folder / f"{name}.mp4"
    width, height = camera.size
    truth: list[list[BoxTruth]] = []
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        container.metadata["title"] = f"RENDERED {name}: not footage of a real place"
        container.metadata["creation_time"] = site.start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        stream = _encoder(container, site, width, height)
        for number, (pixels, boxes) in enumerate(render_camera(site, camera)):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
            truth.append([BoxTruth.of(box) for box in boxes])
            report(number + 1)
        container.mux(stream.encode())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    info = CameraTruth(
        name, camera.layout.place, path.name, digest, site.start.isoformat(), site.fps, width, height, site.frames,
        camera.layout.scene.indoor,
    )  # fmt: skip
    return info, truth


_channel: Any = None


def _adopt(channel: Any) -> None:
    """In a worker process: keeps the way back to the parent, and one core to itself."""
    global _channel  # noqa: PLW0603 - a pool's initializer can hand its worker something in no other way
    _channel = channel
    cv2.setNumThreads(1)


def _film_apart(site: Site, name: str, folder: Path) -> tuple[CameraTruth, list[list[BoxTruth]]]:
    def report(done: int) -> None:
        if done % 5 == 0 or done == site.frames:
            _channel.put((name, done))

    return _film(site, name, folder, report)


def _appearances(site: Site, boxes: dict[str, list[list[BoxTruth]]]) -> dict[str, list[Appearance]]:
    """When each actor was seen by each camera: the spans of frames in which it has a box."""
    found: dict[str, list[Appearance]] = {}
    for camera, frames in boxes.items():
        seen: dict[str, list[int]] = {}
        for number, frame in enumerate(frames):
            for box in frame:
                seen.setdefault(box.actor, []).append(number)
        for actor, numbers in seen.items():
            first, last = min(numbers), max(numbers)
            moments = [site.start + timedelta(seconds=n / site.fps) for n in (first, last)]
            found.setdefault(actor, []).append(
                Appearance(camera, first, last, moments[0].isoformat(), moments[1].isoformat())
            )
    for spans in found.values():
        spans.sort(key=lambda span: span.first_frame)
    return found


def _actors(site: Site, boxes: dict[str, list[list[BoxTruth]]]) -> list[ActorTruth]:
    spans = _appearances(site, boxes)
    cast = [(route.actor, route.action) for route in site.routes]
    for camera in site.cameras:
        cast += [(_parked_actor(camera, number), "parked") for number in range(len(camera.layout.scene.parked))]
    rng = np.random.default_rng((site.seed, 4))
    return [
        ActorTruth.of(actor, action, captions.captions(rng, actor, action, 6), tuple(spans.get(actor.id, ())))
        for actor, action in cast
    ]


def render_site(site: Site, folder: Path, progress: Progress | None = None, processes: int = 2) -> SiteTruth:
    """Writes `<camera>.mp4` for every camera and `truth.json` into the folder, and returns the truth.

    Cameras are rendered side by side in `processes` processes; the bytes do not depend on how many. Progress is told
    every few frames. Raises NoEncoderError where PyAV cannot encode, and OSError where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = [camera.name for camera in site.cameras]
    results: dict[str, tuple[CameraTruth, list[list[BoxTruth]]]] = {}

    def tell(name: str, done: int) -> None:
        if progress is not None:
            progress(name, done, site.frames)

    if processes <= 1 or len(names) == 1:
        for name in names:
            results[name] = _film(site, name, folder, lambda done, name=name: tell(name, done))  # type: ignore[misc]
    else:
        context = multiprocessing.get_context("spawn")
        with (
            context.Manager() as manager,
            ProcessPoolExecutor(min(processes, len(names)), context, _adopt, (channel := manager.Queue(),)) as pool,
        ):
            jobs = {name: pool.submit(_film_apart, site, name, folder) for name in names}
            while not all(job.done() for job in jobs.values()) or not channel.empty():
                try:
                    tell(*channel.get(timeout=0.2))
                except queue.Empty:
                    continue
            results = {name: job.result() for name, job in jobs.items()}
    boxes = {name: truth for name, (_, truth) in results.items()}
    truth = SiteTruth(
        rendered=True,
        note="Rendered by Sightline's infra.rendered_site; no real place, person or vehicle is shown.",
        seed=site.seed,
        start=site.start.isoformat(),
        seconds=site.frames / site.fps,
        cameras=[results[name][0] for name in names],
        actors=_actors(site, boxes),
        boxes=boxes,
    )
    write_truth(truth, folder / "truth.json")
    return truth
