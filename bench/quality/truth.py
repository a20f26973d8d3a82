"""The truth file of a folder of clips: what it may say, and how it is read.

The form is that of `truth/schema.json`, explained in docs/reference/quality-truth.md. A folder of cameras (`cam01.mp4`
…) may be named in the place of a file: its objects are then those of every camera that they name.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

TRUTH_FOLDER = Path(__file__).with_name("truth")
SCHEMA = TRUTH_FOLDER / "schema.json"

Edges = tuple[float, float, float, float]
"""Left, top, right, bottom in shares of the picture."""


class TruthError(ValueError):
    """A truth file is not of the form, or does not fit its clips."""

    def __init__(self, path: Path, clip: str, field_name: str, why: str) -> None:
        where = ", ".join(part for part in (f"clip {clip!r}" if clip else "", field_name) if part)
        super().__init__(f"{path}: {where or 'the file'}: {why} (the form: docs/reference/quality-truth.md)")
        self.path, self.clip, self.field, self.why = path, clip, field_name, why


class Kind(StrEnum):
    """What is measured together. A van may be a car or a truck, and a motorcycle is a vehicle."""

    PERSON = "person"
    VEHICLE = "vehicle"
    BICYCLE = "bicycle"


@dataclass(frozen=True)
class Placed:
    """Where something is in one frame, and the share of it that can be seen."""

    frame: int
    edges: Edges
    visible: float = 1.0


@dataclass(frozen=True)
class Labelled:
    """One object in one clip.

    Attributes:
        id: the same for one object in all clips of a site, and for no other object.
        kind: what it is measured as.
        first, last: frames between which it is in view.
        text: what it looks like, in free words; may be empty.
        labels: what is known of it, see the schema.
        boxes: where it is in some frames, in order.
    """

    id: str
    kind: Kind
    first: int
    last: int
    text: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    boxes: tuple[Placed, ...] = ()


@dataclass(frozen=True)
class Places:
    """Faces or plates: the frames that were looked through, and all that can be seen in them."""

    frames: tuple[int, ...]
    boxes: tuple[Placed, ...]


@dataclass(frozen=True)
class Clip:
    """One file with all that is known of it.

    Attributes:
        name: of the file, relative to its folder.
        path: of the file.
        fps: frames a second; None: as the file says.
        objects: who and what is in view.
        complete: frames in which all people and vehicles are boxed.
        faces, heads, plates: None where nobody looked for them.
    """

    name: str
    path: Path
    fps: float | None = None
    site: str = ""
    objects: tuple[Labelled, ...] = ()
    complete: tuple[int, ...] = ()
    faces: Places | None = None
    heads: Places | None = None
    plates: Places | None = None


@dataclass(frozen=True)
class Collection:
    """Clips that are reported together, and the names of those that the truth knows but the folder has not."""

    name: str
    clips: tuple[Clip, ...]
    absent: tuple[str, ...] = ()


def read_collection(name: str, folder: Path, truth: Path) -> Collection:
    """Read a truth file for the clips of a folder.

    Raises:
        TruthError: it is not of the form, or contradicts itself.
        OSError: it cannot be read.
    """
    said = _checked(truth)
    clips, absent = [], []
    for clip, entry in said["clips"].items():
        place = folder / clip
        if place.is_file():
            clips.append(_clip(truth, clip, place, entry, camera=None))
        elif place.is_dir():
            clips += [_clip(truth, clip, file, entry, camera=number) for number, file in _cameras(place)]
        else:
            absent.append(clip)
    return Collection(name, tuple(clips), tuple(absent))


@cache
def _schema() -> dict[str, Any]:
    return dict(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _checked(truth: Path) -> dict[str, Any]:
    try:
        said = json.loads(truth.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise TruthError(truth, "", "", f"it is not JSON: {error}") from error
    problem = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(_schema()).iter_errors(said))
    if problem is not None:
        clip, place = _place(list(problem.absolute_path))
        raise TruthError(truth, clip, place, problem.message)
    return dict(said)


def _place(path: Sequence[str | int]) -> tuple[str, str]:
    """Split a path into the file into the clip and the rest, as `persons[2].frames`."""
    if path[:1] != ["clips"] or len(path) < 2:
        return "", _dotted(path)
    return str(path[1]), _dotted(path[2:])


def _dotted(path: Sequence[str | int]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


def _cameras(folder: Path) -> Iterator[tuple[int, Path]]:
    for file in sorted(folder.glob("cam*.mp4")):
        digits = "".join(letter for letter in file.stem if letter.isdigit())
        if digits:
            yield int(digits), file


def _clip(truth: Path, clip: str, file: Path, entry: Mapping[str, Any], *, camera: int | None) -> Clip:
    name = clip if camera is None else f"{clip}/{file.name}"
    site = entry.get("site", clip)
    objects: list[Labelled] = []
    for group, kind in (("persons", Kind.PERSON), ("vehicles", Kind.VEHICLE)):
        for number, said in enumerate(entry.get(group, ())):
            if camera is not None and camera not in said.get("cams", [camera]):
                continue
            # Without a name of its own an object is nobody else.
            ident = f"{site}/{said['id']}" if "id" in said else f"{name}/{group}[{number}]"
            if "frames" not in said and "frames" not in entry:
                raise TruthError(
                    truth, clip, f"{group}[{number}].frames", "missing, and the clip does not say its `frames`"
                )
            whole = (0, entry["frames"] - 1) if "frames" in entry else None
            one = _object(ident, kind, tuple(said.get("frames", whole)), said)
            _check_object(truth, clip, f"{group}[{number}]", one, entry.get("frames"))
            objects.append(one)
    idents = [one.id for one in objects]
    for ident in idents:
        if idents.count(ident) > 1:
            raise TruthError(truth, clip, "id", f"{ident.rsplit('/', 1)[-1]!r} is given to more than one object")
    return Clip(
        name=name,
        path=file,
        fps=entry.get("fps"),
        site=site,
        objects=tuple(objects),
        complete=tuple(sorted(entry.get("complete_frames", ()))),
        faces=_places(truth, clip, "faces", entry),
        heads=_places(truth, clip, "heads", entry),
        plates=_places(truth, clip, "plates", entry),
    )


def _object(ident: str, kind: Kind, frames: tuple[int, int], said: Mapping[str, Any]) -> Labelled:
    labels = dict(said.get("labels", {}))
    if labels.get("type") == "bicycle":
        kind = Kind.BICYCLE
    return Labelled(ident, kind, frames[0], frames[1], said.get("text", ""), labels, _placed(said.get("boxes", ())))


def _check_object(truth: Path, clip: str, place: str, one: Labelled, frames: int | None) -> None:
    if one.first > one.last:
        raise TruthError(truth, clip, f"{place}.frames", f"it ends at {one.last}, before it begins at {one.first}")
    if frames is not None and one.last >= frames:
        raise TruthError(truth, clip, f"{place}.frames", f"it ends at {one.last}, but the clip has {frames} frames")
    _check_boxes(truth, clip, f"{place}.boxes", one.boxes)


def _placed(boxes: Sequence[Sequence[float]]) -> tuple[Placed, ...]:
    found = [
        Placed(int(frame), (left, top, right, bottom), visible[0] if visible else 1.0)
        for frame, left, top, right, bottom, *visible in boxes
    ]
    return tuple(sorted(found, key=lambda one: one.frame))


def _check_boxes(truth: Path, clip: str, place: str, boxes: Sequence[Placed]) -> None:
    for one in boxes:
        left, top, right, bottom = one.edges
        if left >= right or top >= bottom:
            why = f"left or top is not less than right or bottom in frame {one.frame}"
            raise TruthError(truth, clip, place, why)


def _places(truth: Path, clip: str, what: str, entry: Mapping[str, Any]) -> Places | None:
    if what not in entry:
        return None
    places = Places(tuple(sorted(entry[what]["frames"])), _placed(entry[what]["boxes"]))
    _check_boxes(truth, clip, f"{what}.boxes", places.boxes)
    for one in places.boxes:
        if one.frame not in places.frames:
            raise TruthError(truth, clip, f"{what}.boxes", f"frame {one.frame} has a box but is not among the frames")
    return places
