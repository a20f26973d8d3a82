"""A request's parts become looks into embedding spaces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from contracts.search import Asked, Box, SearchRequest
from contracts.vocabulary import ItemKind, Space
from services.search.model.calibration import Calibration
from services.search.model.errors import BadPictureError, UnknownTrackError
from services.search.model.filters import Filters
from services.search.model.search import (
    CAPTIONS,
    LOOKALIKES,
    Encoding,
    Pixels,
    Probe,
    Serving,
    Sight,
    Towers,
    agreed_classes,
    cut_out,
    main_object,
    pooled,
)
from services.search.ports.search import Encoders, Pictures, VectorStore
from services.search.ports.stored import Frames, Stored

LEAST_REGION = 8
"""Pixels that a region has each way, at least."""

_CALIBRATED_AS: Mapping[Asked, Asked] = {Asked.FRAME: Asked.PICTURE}
"""A piece of a frame is a picture."""


@dataclass(frozen=True)
class Look:
    """One part of a query, in one space."""

    asked: Asked
    probe: Probe
    weight: float
    calibration: Calibration | None


@dataclass(frozen=True)
class Query:
    """What is looked for.

    Attributes:
        stages: the looks whose scores make one order; hits of the first stage come before those of the second.
        unlike_texts: looks for what is not wanted, compared with the looks of the same space.
        unlike_tracks: looks for the likes of tracks that are not wanted.
    """

    stages: tuple[tuple[Look, ...], ...]
    unlike_texts: tuple[Look, ...] = ()
    unlike_tracks: tuple[Look, ...] = ()


@dataclass(frozen=True)
class Asking:
    """Turns requests into queries."""

    encoders: Encoders
    pictures: Pictures
    frames: Frames
    vectors: VectorStore
    stored: Stored

    def query(self, request: SearchRequest, filters: Filters, items: tuple[ItemKind, ...], serving: Serving) -> Query:
        """The looks of a valid request. Raises SearchError."""
        self._check_permitted(request)
        calibrations = {(one.asked, one.space): one for one in self.stored.calibrations()}

        def look(asked: Asked, probe: Probe) -> Look:
            kind = _CALIBRATED_AS.get(asked, asked)
            # A picture's likeness in the semantic space is another thing than in the space of appearances.
            calibration = calibrations.get((kind, probe.encoding.space))
            return Look(asked, probe, getattr(request.weights, asked.value), calibration)

        found: list[list[Look]] = []
        if request.text is not None:
            found.append([look(Asked.TEXT, self._text(request.text, items, serving[Space.SEMANTIC]))])
        if request.track_id is not None:
            track = self._track(request.tenant_id, request.track_id, serving[Space.APPEARANCE])
            found.append([look(Asked.TRACK, track)])
        for asked, picture in self._pixels(request):
            sight = self._sight(picture, items, serving)
            found.append([look(asked, probe) for probe in self._by_subject(filters, items, sight)])
        return Query(
            stages=_stages(found),
            unlike_texts=tuple(
                look(Asked.TEXT, self._text(text, items, serving[Space.SEMANTIC])) for text in request.without_texts
            ),
            unlike_tracks=tuple(
                look(Asked.TRACK, self._track(request.tenant_id, track_id, serving[Space.APPEARANCE]))
                for track_id in request.without_track_ids
            ),
        )

    def _check_permitted(self, request: SearchRequest) -> None:
        """A track of a camera that is not permitted is not there: its likes would tell of it."""
        named = [*request.without_track_ids, *([] if request.track_id is None else [request.track_id])]
        if not named or request.permitted_camera_ids is None:
            return
        there = self.stored.permitted_tracks(request.tenant_id, named, request.permitted_camera_ids)
        for track_id in named:
            if track_id not in there:
                raise UnknownTrackError(track_id, "is not there")

    def _pixels(self, request: SearchRequest) -> Sequence[tuple[Asked, Pixels]]:
        found: list[tuple[Asked, Pixels]] = []
        if request.picture_key is not None:
            found.append((Asked.PICTURE, region(self.pictures.load(request.picture_key), request.picture_region)))
        if request.frame is not None:
            frame = request.frame
            pixels = self.frames.at(request.tenant_id, frame.recording_id, frame.at, request.permitted_camera_ids)
            found.append((Asked.FRAME, region(pixels, frame.box)))
        return found

    def _text(self, text: str, items: tuple[ItemKind, ...], towers: Towers) -> Probe:
        encoding = self.encoders.text(towers, " ".join(text.split()))
        captions = self.encoders.captions(towers, list(CAPTIONS.values()))
        likeness = {known: float(encoding.vector @ captions[caption]) for known, caption in CAPTIONS.items()}
        return Probe(Space.SEMANTIC, encoding, items, likeness)

    def _track(self, tenant_id: UUID, track_id: UUID, towers: Towers) -> Probe:
        space = self.encoders.space(towers)
        looks = self.vectors.appearance_of(tenant_id, track_id, space)
        if not looks.vectors:
            raise UnknownTrackError(track_id, "has no vectors yet: they are being made, ask again soon")
        encoding = Encoding(space, pooled(looks.vectors))
        return Probe(Space.APPEARANCE, encoding, (ItemKind.TRACK,), classes=LOOKALIKES[looks.object_class])

    def _sight(self, picture: Pixels, items: tuple[ItemKind, ...], serving: Serving) -> Sight:
        meaning = self.encoders.picture(Space.SEMANTIC, serving[Space.SEMANTIC], picture)
        if ItemKind.TRACK not in items:
            return Sight(meaning, (), None)
        main = main_object(self.encoders.objects(picture))
        crops = [picture] if main is None or main.fills else [picture, cut_out(picture, main)]
        looks = (self.encoders.picture(Space.APPEARANCE, serving[Space.APPEARANCE], crop) for crop in crops)
        return Sight(meaning, tuple(looks), main)

    def _by_subject(self, filters: Filters, items: tuple[ItemKind, ...], sight: Sight) -> list[Probe]:
        """A picture of one object finds the objects that look like it, then scenes; a picture of a place finds scenes,
        and tracks by what they mean, in one order.

        Which of both it is, the detector says; where it finds no main object, the picture's nearest neighbour in the
        semantic space does (Cover and Hart, "Nearest neighbor pattern classification", 1967): crops of objects and
        whole frames lie well apart there. Where both say which object it is, only its lookalikes are looked at.
        """
        by_meaning = Probe(Space.SEMANTIC, sight.meaning, items)
        if ItemKind.TRACK not in items:
            return [by_meaning]
        neighbour = next(iter(self.vectors.nearest(filters, by_meaning, 1)), None)
        if ItemKind.SCENE in items and sight.main is None and (neighbour is None or neighbour.item is ItemKind.SCENE):
            return [by_meaning]
        by_appearance = Probe(
            Space.APPEARANCE,
            sight.appearances[0],
            (ItemKind.TRACK,),
            others=sight.appearances[1:],
            classes=agreed_classes(sight.main, neighbour),
        )
        if ItemKind.SCENE not in items:
            return [by_appearance]
        return [by_appearance, Probe(Space.SEMANTIC, sight.meaning, (ItemKind.SCENE,))]


def _stages(found: Sequence[Sequence[Look]]) -> tuple[tuple[Look, ...], ...]:
    """One part alone may have a second stage, scenes after tracks. Of several, what is like all of them is wanted."""
    if len(found) == 1:
        return tuple((look,) for look in found[0])
    return (tuple(looks[0] for looks in found),)


def region(picture: Pixels, box: Box | None) -> Pixels:
    """What is in the box. Raises BadPictureError where that is too little."""
    if box is None:
        return picture
    height, width = picture.shape[:2]
    left, right = round(box.left * width), round(box.right * width)
    top, bottom = round(box.top * height), round(box.bottom * height)
    if right - left < LEAST_REGION or bottom - top < LEAST_REGION:
        raise BadPictureError(f"the region has fewer than {LEAST_REGION} pixels each way: draw it larger")
    return picture[top:bottom, left:right]
