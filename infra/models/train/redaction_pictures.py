"""Pictures that `faces` and `plates` learn from: real clips and stills, rendered views, and what is put onto them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from infra.models.train import footage, teacher
from infra.models.train.footage import Picture
from infra.models.train.number_plates import Corners, askew, drawn_plate, in_order, light_about, put
from infra.models.train.pictures import relit
from infra.models.train.plan import Plan
from infra.models.train.redaction_network import Boxes, Marked
from infra.models.train.redaction_teachers import FaceTeacher, Found
from infra.models.train.rendered_marks import View, clear
from kit.pixels import GREY

FACE, PLATE = 0, 1
SURE_SCORE, UNSURE_SCORE = 0.6, 0.25
"""A face of the teacher's from the first on is one; between the two it counts neither way."""
ZOOM = 2.0
ZOOM_UP_TO = 700
"""Pictures with no longer side than this are shown to the teacher a second time, magnified."""
HEAD_SHARE = 0.32
"""Upper part of a person's box where a head is. What the teacher finds no face in there may be a head from behind."""
PERSON_SCORE = 0.25
CALIBRATION_SHARE = 0.2
"""Of every training clip, the end: for choosing thresholds."""
VEHICLES = (2, 3, 4, 5)
STILL_VEHICLES = ("car", "bus", "truck", "motorcycle")
LEAST_FACE, LEAST_PLATE = (5.0, 5.0), (9.0, 3.0)
"""Width and height in pixels under which nothing can be known."""


@dataclass(frozen=True)
class Source:
    """A picture to learn from.

    Attributes:
        marked: the picture with its faces and plates.
        vehicles: FP32 [M,4], where a plate may be put.
        plates: corners of plates that may be drawn over.
        frontal: FP32 [K,4], faces of rendered heads that look this way: a real face may be put over them.
    """

    marked: Marked
    vehicles: Boxes
    plates: tuple[Corners, ...]
    frontal: Boxes


@dataclass(frozen=True)
class Window:
    """What part of a picture is shown: first scaled, then cut from `left` and `top` on, then mirrored."""

    scale_x: float
    scale_y: float
    left: float
    top: float
    height: int
    width: int
    mirrored: bool = False


@dataclass(frozen=True)
class Cutout:
    """A real face with its surroundings, and its box in that picture."""

    picture: Picture
    box: Boxes


def real(plan: Plan) -> tuple[list[Source], list[Source]]:
    """Training clips and stills as the teachers see them; and the clips' ends, for choosing thresholds."""
    learnt: list[Source] = []
    kept: list[Source] = []
    for _, sources in clips(plan, footage.TRAINING_CLIPS, plan.sample_every):
        end = len(sources) - int(len(sources) * CALIBRATION_SHARE)
        learnt += [source for _, source in sources[:end]]
        kept += [source for _, source in sources[end:]]
    faces = FaceTeacher.load(plan.shared / "models")
    for still in footage.stills(plan.shared / "stills") if faces is not None else []:
        people, vehicles = (
            np.array([box for name, box in still.boxes if name in names], np.float32).reshape(-1, 4)
            for names in (("person",), STILL_VEHICLES)
        )
        assert faces is not None
        learnt.append(_real(faces, still.picture, people, vehicles))
    return learnt, kept


def clips(plan: Plan, names: Sequence[str], every: float) -> Iterator[tuple[str, list[tuple[float, Source]]]]:
    """Give clips as the teachers see them: name, then seconds and picture; none where the weights are not there."""
    faces, people = FaceTeacher.load(plan.shared / "models"), teacher.picodet(plan.shared / "models")
    if faces is None or people is None:
        return
    for clip in names:
        sources = []
        for frame in footage.all_frames(plan.shared / "footage", (clip,), every):
            seen = people(frame.picture).above(PERSON_SCORE)
            height, width = frame.picture.shape[:2]
            boxes = seen.boxes * np.array([width, height] * 2, np.float32)
            fronts = boxes[np.isin(seen.classes, VEHICLES)]
            sources.append((frame.seconds, _real(faces, frame.picture, boxes[seen.classes == 0], fronts)))
        yield clip, sources


def _real(faces: FaceTeacher, picture: Picture, people: Boxes, vehicles: Boxes) -> Source:
    found = [faces(picture, UNSURE_SCORE)]
    if max(picture.shape[:2]) <= ZOOM_UP_TO:
        found.append(faces(picture, UNSURE_SCORE, ZOOM))
    every = Found(np.concatenate([one.boxes for one in found]), np.concatenate([one.scores for one in found]))
    sure = _apart(every.above(SURE_SCORE))
    heads = people.copy()
    heads[:, 3] = people[:, 1] + HEAD_SHARE * (people[:, 3] - people[:, 1])
    # Plates are too small to be read in the training clips, or hidden: where one may be, nothing counts.
    fronts = vehicles.copy()
    fronts[:, 1] = vehicles[:, 1] + 0.35 * (vehicles[:, 3] - vehicles[:, 1])
    unsure = every.boxes[every.scores < SURE_SCORE]
    boxes = np.concatenate([sure, unsure, heads, fronts])
    kinds = np.full(len(boxes), FACE)
    kinds[len(boxes) - len(fronts) :] = PLATE
    counted = np.arange(len(boxes)) < len(sure)
    marked = Marked(picture, boxes.astype(np.float32), kinds, counted)
    return Source(_clipped(marked), vehicles, (), np.zeros((0, 4), np.float32))


def _apart(found: Found) -> Boxes:
    """Boxes of which none is another's double, best first."""
    kept: list[Any] = []
    for row in np.argsort(-found.scores):
        if not kept or teacher.overlaps(found.boxes[row][None], np.stack(kept)).max() < 0.4:
            kept.append(found.boxes[row])
    return np.array(kept, np.float32).reshape(-1, 4)


def rendered(view: View) -> Source:
    """Learn from a rendered view: faces count whichever way they look, plates when they look this way."""
    boxes, kinds, counted, frontal, plates = [], [], [], [], []
    for patch in view.patches:
        if patch.name == "head" or (patch.name == "plate" and patch.facing <= 0):
            continue
        boxes.append((patch.x1, patch.y1, patch.x2, patch.y2))
        kinds.append(PLATE if patch.name == "plate" else FACE)
        counted.append(clear(patch))
        if patch.name == "face" and patch.facing > 0.55 and patch.visible > 0.95:
            frontal.append(boxes[-1])
        if patch.name == "plate" and clear(patch) and patch.visible > 0.95:
            plates.append(in_order(patch.corners))
    marked = Marked(
        view.picture,
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(kinds, np.int64),
        np.array(counted, np.bool_),
    )
    faces = np.array(frontal, np.float32).reshape(-1, 4)
    return Source(_clipped(marked), np.zeros((0, 4), np.float32), tuple(plates), faces)


def cutouts(sources: Sequence[Source]) -> list[Cutout]:
    """Cut out the real faces that are clear enough to be shown elsewhere."""
    found = []
    for source in sources:
        height, width = source.marked.picture.shape[:2]
        for x1, y1, x2, y2 in source.marked.boxes[source.marked.counted & (source.marked.kinds == FACE)]:
            if min(x2 - x1, y2 - y1) < 14:
                continue
            aside, above = 0.4 * (x2 - x1), 0.4 * (y2 - y1)
            if x1 < aside or y1 < above or x2 + aside > width or y2 + above > height:
                continue
            left, top = int(x1 - aside), int(y1 - above)
            picture = source.marked.picture[top : int(y2 + above), left : int(x2 + aside)]
            found.append(Cutout(picture, np.array([x1 - left, y1 - top, x2 - left, y2 - top], np.float32)))
    return found


def sample(rng: np.random.Generator, source: Source, faces: Sequence[Cutout], height: int, width: int) -> Marked:
    """Make one picture to learn from: things put onto the source, then some part of it at some size, then bad light."""
    marked = _with_plates(rng, source)
    if faces and len(source.frontal) and rng.random() < 0.75:
        picture = marked.picture.copy()
        for box in source.frontal:
            _put_face(rng, picture, faces[int(rng.integers(len(faces)))], box)
        marked = replace(marked, picture=picture)
    marked = placed(rng, marked, height, width)
    if faces and rng.random() < 0.35:
        for _ in range(int(rng.integers(1, 4))):
            marked = _with_face(rng, marked, faces[int(rng.integers(len(faces)))])
    if rng.random() < 0.2:
        marked = _with_stray_plate(rng, marked)
    return replace(marked, picture=degraded(rng, _in_other_light(rng, marked.picture)))


def with_plates_on_vehicles(rng: np.random.Generator, source: Source, odds: float = 1.0) -> Marked:
    """Put a plate onto every vehicle that is large enough, where a front or a tail has one."""
    marked = source.marked
    picture = marked.picture.copy()
    added = []
    for x1, y1, x2, y2 in source.vehicles.tolist():
        wide, tall = x2 - x1, y2 - y1
        if wide < 36 or tall < 24 or rng.random() > odds:
            continue
        from_side = wide > 1.7 * tall
        plate = drawn_plate(rng)
        aspect = plate.shape[1] / plate.shape[0]
        share = rng.uniform(0.1, 0.17) if from_side else rng.uniform(0.2, 0.34)
        x = x1 + wide * (rng.choice((0.12, 0.88)) if from_side else rng.uniform(0.35, 0.65))
        corners = askew(rng, float(x), y1 + tall * float(rng.uniform(0.62, 0.86)), wide * float(share), aspect)
        put(picture, plate, corners, light_about(picture, corners))
        added.append(corners)
    return _plus(replace(marked, picture=picture), [_extent(corners) for corners in added], PLATE)


def _with_plates(rng: np.random.Generator, source: Source) -> Marked:
    marked = source.marked
    if source.plates:
        picture = marked.picture.copy()
        for corners in source.plates:
            if rng.random() < 0.75:
                put(picture, drawn_plate(rng), corners, light_about(picture, corners) * float(rng.uniform(0.85, 1.15)))
        marked = replace(marked, picture=picture)
    if len(source.vehicles) and rng.random() < 0.8:
        marked = with_plates_on_vehicles(rng, replace(source, marked=marked), 0.7)
    return marked


def placed(rng: np.random.Generator, marked: Marked, height: int, width: int) -> Marked:
    """Show some part at some size, mostly one in which a face or plate has a size drawn evenly over all sizes."""
    source_height, source_width = marked.picture.shape[:2]
    choices = np.flatnonzero(marked.counted)
    if len(choices) and rng.random() < 0.8:
        x1, y1, x2, y2 = marked.boxes[int(rng.choice(choices))].tolist()
        # The taller side of a face, and a little more than half of a plate's width.
        size = max(y2 - y1, 0.55 * (x2 - x1))
        scale = float(np.exp(rng.uniform(np.log(6.5), np.log(110)))) / size
        centre_x, centre_y = (x1 + x2) / 2, (y1 + y2) / 2
    else:
        scale = float(np.exp(rng.uniform(np.log(0.4), np.log(1.8))))
        centre_x, centre_y = rng.uniform(0, source_width), rng.uniform(0, source_height)
    # Never so small that the picture is lost in the canvas.
    scale = float(np.clip(scale, 0.6 * min(height / source_height, width / source_width), 3.5))
    squeeze = float(np.exp(rng.uniform(-0.1, 0.1)))
    scale_x, scale_y = scale * squeeze, scale / squeeze
    left = _kept_in(centre_x * scale_x - rng.uniform(0.1, 0.9) * width, source_width * scale_x, width)
    top = _kept_in(centre_y * scale_y - rng.uniform(0.1, 0.9) * height, source_height * scale_y, height)
    window = Window(scale_x, scale_y, left, top, height, width, bool(rng.random() < 0.5))
    return _shown(marked, window)


def _kept_in(start: float, length: float, room: int) -> float:
    """Move a window so that it shows as much of a picture as it can, but for a tenth."""
    spare = length - room
    return float(np.clip(start, min(0.0, spare) - 0.1 * room, max(0.0, spare) + 0.1 * room))


def letterboxed(marked: Marked, height: int, width: int) -> Marked:
    """Show the whole picture as the served model sees it."""
    source_height, source_width = marked.picture.shape[:2]
    scale = min(height / source_height, width / source_width)
    left, top = (source_width * scale - width) / 2, (source_height * scale - height) / 2
    return _shown(marked, Window(scale, scale, left, top, height, width))


def _shown(marked: Marked, window: Window) -> Marked:
    scale_x, scale_y, left, top = window.scale_x, window.scale_y, window.left, window.top
    height, width = window.height, window.width
    source_height, source_width = marked.picture.shape[:2]
    x1, y1 = max(int(np.floor(left / scale_x)), 0), max(int(np.floor(top / scale_y)), 0)
    x2 = min(int(np.ceil((left + width) / scale_x)), source_width)
    y2 = min(int(np.ceil((top + height) / scale_y)), source_height)
    canvas = np.full((height, width, 3), GREY, np.uint8)
    if x2 - x1 >= 2 and y2 - y1 >= 2:
        size = (max(round((x2 - x1) * scale_x), 1), max(round((y2 - y1) * scale_y), 1))
        shrinks = scale_x < 1
        part = cv2.resize(
            marked.picture[y1:y2, x1:x2], size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        )
        at_x, at_y = round(x1 * scale_x - left), round(y1 * scale_y - top)
        from_x, from_y = max(-at_x, 0), max(-at_y, 0)
        at_x, at_y = max(at_x, 0), max(at_y, 0)
        rows, columns = min(size[1] - from_y, height - at_y), min(size[0] - from_x, width - at_x)
        if rows > 0 and columns > 0:
            canvas[at_y : at_y + rows, at_x : at_x + columns] = part[from_y : from_y + rows, from_x : from_x + columns]
    scale = np.array([scale_x, scale_y] * 2, np.float32)
    boxes = marked.boxes * scale - np.array([left, top] * 2, np.float32)
    if window.mirrored:
        canvas = np.ascontiguousarray(canvas[:, ::-1])
        boxes = np.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], 1)
    return _clipped(Marked(canvas, boxes.astype(np.float32), marked.kinds, marked.counted))


def _clipped(marked: Marked) -> Marked:
    """Cut boxes at the edges; those that are mostly outside, or tiny, count neither way."""
    height, width = marked.picture.shape[:2]
    inside = np.clip(marked.boxes, 0, np.array([width, height] * 2, np.float32))
    sides = inside[:, 2:] - inside[:, :2]
    whole = np.maximum(np.prod(marked.boxes[:, 2:] - marked.boxes[:, :2], axis=1), 1e-3)
    share = np.prod(np.clip(sides, 0, None), axis=1) / whole
    least = np.where(marked.kinds[:, None] == PLATE, LEAST_PLATE, LEAST_FACE)
    counted = marked.counted & (share > 0.5) & (sides >= least).all(axis=1)
    seen = (sides > 0.5).all(axis=1)
    return Marked(marked.picture, inside[seen], marked.kinds[seen], counted[seen])


def _plus(marked: Marked, boxes: Sequence[Boxes], kind: int) -> Marked:
    """Add what was put onto a picture; what it hides for the most part no longer counts."""
    if not boxes:
        return marked
    new = np.stack(boxes)
    inner = np.clip(
        np.minimum(marked.boxes[:, None, 2:], new[None, :, 2:])
        - np.maximum(marked.boxes[:, None, :2], new[None, :, :2]),
        0,
        None,
    ).prod(2)
    areas = np.maximum(np.prod(marked.boxes[:, 2:] - marked.boxes[:, :2], axis=1), 1.0)
    hidden = (inner / areas[:, None]).max(1) > 0.3 if len(areas) else np.zeros(0, np.bool_)
    return Marked(
        marked.picture,
        np.concatenate([marked.boxes, new]).astype(np.float32),
        np.concatenate([marked.kinds, np.full(len(new), kind)]),
        np.concatenate([marked.counted & ~hidden, np.ones(len(new), np.bool_)]),
    )


def _extent(corners: Corners) -> Boxes:
    return np.concatenate([corners.min(0), corners.max(0)]).astype(np.float32)


def _with_stray_plate(rng: np.random.Generator, marked: Marked) -> Marked:
    height, width = marked.picture.shape[:2]
    plate = drawn_plate(rng)
    wide = float(np.exp(rng.uniform(np.log(12), np.log(130))))
    x, y = float(rng.uniform(0.1, 0.9)) * width, float(rng.uniform(0.1, 0.9)) * height
    corners = askew(rng, x, y, wide, plate.shape[1] / plate.shape[0])
    picture = marked.picture.copy()
    put(picture, plate, corners, light_about(picture, corners))
    return _clipped(_plus(replace(marked, picture=picture), [_extent(corners)], PLATE))


def _with_face(rng: np.random.Generator, marked: Marked, face: Cutout) -> Marked:
    height, width = marked.picture.shape[:2]
    tall = float(np.exp(rng.uniform(np.log(7), np.log(80))))
    wide = tall * float(face.box[2] - face.box[0]) / float(face.box[3] - face.box[1])
    x, y = float(rng.uniform(0, width - wide)), float(rng.uniform(0, height - tall))
    box = np.array([x, y, x + wide, y + tall], np.float32)
    picture = marked.picture.copy()
    _put_face(rng, picture, face, box)
    return _clipped(_plus(replace(marked, picture=picture), [box], FACE))


def _put_face(rng: np.random.Generator, picture: Picture, face: Cutout, box: Boxes) -> None:
    """Put a real face where a box is, in place: an oval with soft edges, in another light, maybe mirrored."""
    height, width = picture.shape[:2]
    scale_x = float(box[2] - box[0]) / float(face.box[2] - face.box[0])
    scale_y = float(box[3] - box[1]) / float(face.box[3] - face.box[1])
    size = (max(round(face.picture.shape[1] * scale_x), 2), max(round(face.picture.shape[0] * scale_y), 2))
    sized = np.asarray(
        cv2.resize(face.picture, size, interpolation=cv2.INTER_AREA if scale_x < 1 else cv2.INTER_LINEAR)
    )
    centre = ((face.box[0] + face.box[2]) / 2 * scale_x, (face.box[1] + face.box[3]) / 2 * scale_y)
    half = (float(box[2] - box[0]) / 2 * 1.12, float(box[3] - box[1]) / 2 * 1.14)
    ys, xs = np.mgrid[: size[1], : size[0]].astype(np.float32) + 0.5
    reach = np.sqrt(((xs - centre[0]) / half[0]) ** 2 + ((ys - centre[1]) / half[1]) ** 2)
    share = np.clip((1.15 - reach) / 0.25, 0, 1)[..., None]
    tint = np.exp(rng.uniform(-0.45, 0.25)) * np.exp(rng.uniform(-0.06, 0.06, 3))
    if rng.random() < 0.5:
        sized, share = sized[:, ::-1], share[:, ::-1]
        centre = (size[0] - centre[0], centre[1])
    left = round(float(box[0] + box[2]) / 2 - centre[0])
    top = round(float(box[1] + box[3]) / 2 - centre[1])
    from_x, from_y = max(-left, 0), max(-top, 0)
    to_x, to_y = min(size[0], width - left), min(size[1], height - top)
    if to_x <= from_x or to_y <= from_y:
        return
    part = picture[top + from_y : top + to_y, left + from_x : left + to_x]
    over, share = sized[from_y:to_y, from_x:to_x] * tint, share[from_y:to_y, from_x:to_x]
    part[:] = np.clip(part * (1 - share) + over * share, 0, 255).astype(np.uint8)


def _in_other_light(rng: np.random.Generator, picture: Picture) -> Picture:
    return relit(rng, picture) if rng.random() < 0.7 else picture


def degraded(rng: np.random.Generator, picture: Picture) -> Picture:
    """Take away what bad cameras do not see: detail, light, sharpness in motion, and bits."""
    height, width = picture.shape[:2]
    if rng.random() < 0.25:
        share = float(rng.uniform(0.4, 0.9))
        small = cv2.resize(picture, (int(width * share), int(height * share)), interpolation=cv2.INTER_AREA)
        picture = np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    if rng.random() < 0.15:
        length = int(rng.integers(3, 8))
        picture = np.asarray(cv2.blur(picture, (length, 1) if rng.random() < 0.7 else (1, length)), np.uint8)
    if rng.random() < 0.14:
        dim = picture * rng.uniform(0.2, 0.55) + rng.normal(0, rng.uniform(2, 9), (height, width, 1))
        picture = np.clip(dim, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(28, 92))])
        picture = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return picture
