"""The rendered site: the same from the same seed, truth where the pixels are, words that are true, routes in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import av
import numpy as np
import pytest

from infra.rendered_site import COLOURS, Klass, Site, plan_site, read_truth, render_camera, render_site, sample_crop
from infra.rendered_site.captions import captions, description
from infra.rendered_site.looks import random_actor, random_person, random_vehicle, tint
from infra.rendered_site.model import Actor, Pixels
from infra.rendered_site.optics import Pinhole, random_light
from infra.rendered_site.plan import TooManyCamerasError
from infra.rendered_site.raster import rasterise
from infra.rendered_site.samples import sample_frame
from infra.rendered_site.stage import Standing, mesh_of

SMALL = (320, 180)
FORBIDDEN = {"man", "woman", "boy", "girl", "male", "female", "old", "young", "child", "lady", "guy"}


def brief_site(**more: object) -> Site:
    return plan_site(7, cameras=2, seconds=3.0, fps=5, size=SMALL, actors=6, **more)  # type: ignore[arg-type]


def frames_of(site: Site) -> list[Pixels]:
    return [frame for frame, _ in render_camera(site, site.cameras[0])]


def test_the_same_seed_renders_the_same_pixels() -> None:
    assert all(np.array_equal(a, b) for a, b in zip(frames_of(brief_site()), frames_of(brief_site()), strict=True))


def test_another_seed_renders_another_site() -> None:
    other = plan_site(8, cameras=2, seconds=3.0, fps=5, size=SMALL, actors=6)
    assert not np.array_equal(frames_of(brief_site())[0], frames_of(other)[0])


def test_the_files_do_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    alone = render_site(brief_site(), tmp_path / "alone", processes=1)
    together = render_site(brief_site(), tmp_path / "together", processes=2)
    assert [camera.sha256 for camera in alone.cameras] == [camera.sha256 for camera in together.cameras]
    assert alone == together


def test_a_rendered_site_can_be_decoded_and_its_truth_read_back(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    truth = render_site(brief_site(), tmp_path, lambda *step: told.append(step), processes=1)
    assert read_truth(tmp_path / "truth.json") == truth
    assert truth.rendered
    for camera in truth.cameras:
        with av.open(str(tmp_path / camera.file)) as container:
            stream = container.streams.video[0]
            sizes = {(frame.width, frame.height) for frame in container.decode(stream)}
            assert "RENDERED" in container.metadata["title"]
        assert sizes == {SMALL}
        assert len(truth.boxes[camera.name]) == camera.frames == 15
        assert (camera.name, 15, 15) in told
        assert datetime.fromisoformat(camera.start).utcoffset() == timedelta(hours=1)


@pytest.mark.parametrize("camera", ["north-gate", "yard", "lobby-door", "car-park"])
def test_every_box_lies_where_the_actor_changes_the_picture(camera: str) -> None:
    site = plan_site(11, seconds=30.0, fps=1, size=SMALL, actors=12)
    checked = 0
    for route in site.routes:
        if checked >= 2:
            break
        alone = replace(site, routes=(route,))
        empty = replace(site, routes=())
        place = site.camera(camera)
        for (with_it, boxes), (without, _) in zip(
            render_camera(alone, place), render_camera(empty, place), strict=True
        ):
            mine = [box for box in boxes if box.actor == route.actor.id and box.visible > 0.8]
            if not mine or (mine[0].y2 - mine[0].y1) < 14:
                continue
            changed = np.abs(with_it.astype(int) - without).max(2) > 24
            ys, xs = np.nonzero(changed)
            box = mine[0]
            inside = changed[int(box.y1) : int(box.y2) + 1, int(box.x1) : int(box.x2) + 1]
            assert inside.mean() > 0.15
            # Shadows fall outside of the box, but the actor itself reaches its upper edge.
            assert abs(ys[(xs >= box.x1 - 1) & (xs <= box.x2 + 1)].min() - box.y1) <= 6
            checked += 1
            break
    assert checked > 0


def test_who_is_hidden_is_said_to_be_less_visible() -> None:
    site = plan_site(7, seconds=40.0, fps=1, size=SMALL)
    shares = [box.visible for _, boxes in render_camera(site, site.camera("yard")) for box in boxes]
    assert min(shares) < 0.8
    assert max(shares) > 0.95


@pytest.mark.parametrize("seed", range(12))
def test_routes_pass_from_camera_to_camera_in_the_order_of_time(seed: int) -> None:
    site = plan_site(seed)
    assert len(site.routes) >= 8
    for route in site.routes:
        for before, after in zip(route.legs[:-1], route.legs[1:], strict=True):
            assert before.camera != after.camera
            assert after.start - (before.start + before.duration) >= 2.0
        assert route.actor.vehicle is None or all(site.camera(leg.camera).layout.drives for leg in route.legs)
    passing = [route for route in site.routes if len(route.legs) >= 2]
    assert len(passing) >= 5


def test_most_actors_of_the_default_site_are_seen_by_two_cameras_one_after_the_other() -> None:
    site = plan_site(7, fps=1, size=(160, 90))
    seen: dict[str, list[tuple[int, str]]] = {}
    for camera in site.cameras:
        for number, (_, boxes) in enumerate(render_camera(site, camera)):
            for box in boxes:
                seen.setdefault(box.actor, []).append((number, camera.name))
    twice = [actor for actor, places in seen.items() if len({name for _, name in places}) >= 2]
    assert len(twice) >= 6


@pytest.mark.parametrize("seed", range(40))
def test_captions_say_what_is_true_and_nothing_about_age_or_gender(seed: int) -> None:
    rng = np.random.default_rng(seed)
    actor = random_actor(rng, "a")
    action = "walking" if actor.vehicle is None else "riding" if actor.person is not None else "driving"
    worded = captions(rng, actor, action, 8)
    assert len(worded) == 8
    allowed = {"gray"} if "grey" in description(actor, action) else set()
    for look in (actor.person, actor.vehicle):
        for value in vars(look).values() if look is not None else ():
            colour = value if value in COLOURS else getattr(value, "colour", None)
            if colour is not None:
                allowed |= {colour, "gray"} if colour == "grey" else {colour}
    for text in [*worded, description(actor, action)]:
        words = set(text.replace(",", "").replace("-", " ").split())
        assert not words & FORBIDDEN
        assert words & (set(COLOURS) | {"gray"}) <= allowed


def test_the_description_names_clothes_colours_bag_and_hat() -> None:
    rng = np.random.default_rng(0)
    person = random_person(rng)
    while person.bag is None or person.headwear is None or person.lower.kind == "dress":
        person = random_person(rng)
    text = description(Actor("a", person=person), "walking")
    for worn in (person.upper, person.lower, person.bag, person.headwear):
        assert f"{worn.colour} {worn.kind}" in text


def test_a_colour_word_looks_like_its_colour() -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        red, green, blue = tint(rng, "red"), tint(rng, "green"), tint(rng, "blue")
        assert red[0] > 1.5 * max(red[1:])
        assert green[1] > max(green[0], green[2])
        assert blue[2] > max(blue[:2])
        assert max(tint(rng, "black")) < 45 < 190 < min(tint(rng, "white"))


def test_crops_are_the_same_from_the_same_generator_state_and_show_the_actor() -> None:
    first, second = (sample_crop(np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first.rgb, second.rgb)
    assert first.captions == second.captions
    assert first.attributes["class"] == first.klass.name.lower()


def test_one_actor_can_be_cropped_from_many_cameras() -> None:
    rng = np.random.default_rng(2)
    actor = Actor("red-van", vehicle=random_vehicle(rng, "van", "red"))
    crops = [sample_crop(rng, actor) for _ in range(8)]
    assert {crop.klass for crop in crops} == {Klass.TRUCK}
    assert len({crop.rgb.shape for crop in crops}) > 1
    assert all("red" in crop.attributes["vehicle_colour"] for crop in crops)


def test_frames_have_the_asked_size_and_boxes_inside_it() -> None:
    found = 0
    for seed in range(8):
        frame = sample_frame(np.random.default_rng(seed), (256, 192))
        assert frame.rgb.shape == (192, 256, 3)
        assert np.array_equal(frame.rgb, sample_frame(np.random.default_rng(seed), (256, 192)).rgb)
        names = {actor.id for actor in frame.actors}
        for box in frame.boxes:
            assert 0 <= box.x1 < box.x2 <= 256
            assert 0 <= box.y1 < box.y2 <= 192
            assert box.actor in names
            found += 1
    assert found > 10


def test_a_rider_and_the_bicycle_have_a_box_each() -> None:
    for seed in range(200):
        frame = sample_frame(np.random.default_rng(seed), (256, 192))
        riders = {a.id for a in frame.actors if a.person is not None and a.vehicle is not None}
        shown = {ident: {box.klass for box in frame.boxes if box.actor == ident} for ident in riders}
        if any(len(classes) == 2 for classes in shown.values()):
            return
    pytest.fail("no rider with two boxes in 200 frames")


def test_night_is_darker_than_day() -> None:
    day, night = frames_of(brief_site())[0], frames_of(brief_site(dark=True))[0]
    assert night.mean() < 0.75 * day.mean()


def test_impossible_sites_are_refused() -> None:
    with pytest.raises(TooManyCamerasError, match="9 were asked for"):
        plan_site(1, cameras=9)
    with pytest.raises(ValueError, match="offset from UTC"):
        plan_site(1, start=datetime(2026, 3, 2, 8))  # noqa: DTZ001 - the missing zone is the point


def test_heads_and_faces_lie_at_the_top_of_their_people() -> None:
    rng = np.random.default_rng(31)
    seen = 0
    for _ in range(12):
        for box in sample_frame(rng, (640, 360)).boxes:
            by_name = {patch.name: patch for patch in box.patches}
            if box.klass != Klass.PERSON or "face" not in by_name or box.visible < 0.98 or box.y2 - box.y1 < 50:
                continue
            head, face = by_name["head"], by_name["face"]
            assert head.y2 < box.y1 + 0.45 * (box.y2 - box.y1)
            assert head.x1 - 0.1 <= face.x1 < face.x2 <= head.x2 + 0.1
            assert head.y1 - 0.1 <= face.y1 < face.y2 <= head.y2 + 0.1
            assert face.visible > 0.6
            seen += 1
    assert seen >= 5


def test_a_face_looks_at_the_camera_it_is_turned_to() -> None:
    person = Actor("someone", person=random_person(np.random.default_rng(2)))
    camera = Pinhole(400, 400, 400.0, 1.6, 0.0)
    light = random_light(np.random.default_rng(1), indoor=False)
    towards, away = (
        rasterise(mesh_of(Standing(person, 0.0, 5.0, heading)), camera, light) for heading in (-np.pi / 2, np.pi / 2)
    )
    assert towards is not None
    assert away is not None
    facing = [next(patch.facing for patch in sprite.patches if patch.name == "face") for sprite in (towards, away)]
    assert facing[0] > 0.8
    assert facing[1] < -0.8


def test_a_plate_that_looks_at_the_camera_is_brighter_than_the_bumper_around_it() -> None:
    look = replace(random_vehicle(np.random.default_rng(4)), kind="saloon", rgb=(20, 20, 60))
    camera = Pinhole(400, 400, 500.0, 1.6, 0.1)
    light = random_light(np.random.default_rng(1), indoor=False)
    mesh = mesh_of(Standing(Actor("car", vehicle=look), 0.0, 9.0, -np.pi / 2))
    sprite = rasterise(mesh, camera, light)
    assert sprite is not None
    front, tail = (patch for patch in sprite.patches if patch.name == "plate")
    assert front.facing > 0.8
    assert tail.facing < 0
    x1, y1, x2, y2 = (
        round(v) for v in (front.x1 - sprite.x, front.y1 - sprite.y, front.x2 - sprite.x, front.y2 - sprite.y)
    )
    inside = sprite.rgba[y1 : y2 + 1, x1 : x2 + 1, :3]
    around = sprite.rgba[y1 - 4 : y1 - 1, x1:x2, :3]
    assert inside.max() > around.max() + 60
