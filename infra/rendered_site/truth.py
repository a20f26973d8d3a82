"""The truth beside the footage: what `truth.json` holds, written and read."""

from __future__ import annotations

from pathlib import Path

import msgspec

from infra.rendered_site import captions
from infra.rendered_site.model import Actor, Box, Patch


class CameraTruth(msgspec.Struct, frozen=True):
    """One camera and its file. `start` is RFC 3339 with the offset from UTC."""

    name: str
    place: str
    file: str
    sha256: str
    start: str
    fps: int
    width: int
    height: int
    frames: int
    indoor: bool


class Appearance(msgspec.Struct, frozen=True):
    """One actor on one camera: first and last frame with a box, and their times (RFC 3339 with offset)."""

    camera: str
    first_frame: int
    last_frame: int
    start: str
    end: str


class PatchTruth(msgspec.Struct, frozen=True):
    """A head, face or plate in one frame: as `model.Patch`, left, top, right, bottom in pixels."""

    name: str
    box: tuple[float, float, float, float]
    facing: float
    visible: float

    @classmethod
    def of(cls, patch: Patch) -> PatchTruth:
        """Rounded to a tenth of a pixel."""
        x1, y1, x2, y2 = (round(v, 1) for v in (patch.x1, patch.y1, patch.x2, patch.y2))
        return cls(patch.name, (x1, y1, x2, y2), round(patch.facing, 2), round(patch.visible, 2))


class BoxTruth(msgspec.Struct, frozen=True, omit_defaults=True):
    """One object in one frame: left, top, right, bottom in pixels, and the share of it that can be seen."""

    actor: str
    klass: str
    box: tuple[float, float, float, float]
    visible: float
    patches: tuple[PatchTruth, ...] = ()
    """Its head, face or number plates."""

    @classmethod
    def of(cls, box: Box) -> BoxTruth:
        """Rounded to a tenth of a pixel."""
        x1, y1, x2, y2 = (round(v, 1) for v in box.xyxy)
        patches = tuple(PatchTruth.of(patch) for patch in box.patches)
        return cls(box.actor, box.klass.name.lower(), (x1, y1, x2, y2), round(box.visible, 2), patches)


class ActorTruth(msgspec.Struct, frozen=True):
    """One actor: what can be seen of it, in words of a small vocabulary, as a sentence and in several wordings."""

    id: str
    klass: str
    colours: list[str]
    attributes: dict[str, str]
    caption: str
    captions: list[str]
    moves: bool
    appearances: tuple[Appearance, ...]

    @classmethod
    def of(cls, actor: Actor, action: str, worded: list[str], appearances: tuple[Appearance, ...]) -> ActorTruth:
        """From the actor's look."""
        attributes = captions.attributes(actor, action)
        colours = list(dict.fromkeys(value for key, value in attributes.items() if key.endswith("colour")))
        return cls(
            actor.id, actor.klass.name.lower(), colours, attributes, captions.description(actor, action), worded,
            action != "parked", appearances,
        )  # fmt: skip


class SiteTruth(msgspec.Struct, frozen=True):
    """The whole truth of a rendered site."""

    rendered: bool
    note: str
    seed: int
    start: str
    seconds: float
    cameras: list[CameraTruth]
    actors: list[ActorTruth]
    boxes: dict[str, list[list[BoxTruth]]]
    """For each camera, for each frame, the boxes in it."""

    def actor(self, ident: str) -> ActorTruth:
        """The actor of this id; KeyError where there is none."""
        for actor in self.actors:
            if actor.id == ident:
                return actor
        raise KeyError(ident)


def write_truth(truth: SiteTruth, path: Path) -> None:
    """As JSON."""
    path.write_bytes(msgspec.json.encode(truth))


def read_truth(path: Path) -> SiteTruth:
    """Reads `truth.json` back. Raises msgspec.ValidationError where it is not one."""
    return msgspec.json.decode(path.read_bytes(), type=SiteTruth)
