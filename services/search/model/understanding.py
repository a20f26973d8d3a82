"""What a sentence was taken to mean, and how that narrows its request."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from contracts.search import AttributeWish, DayTime, Heading, Phrase, SearchRequest, Understood
from contracts.vocabulary import ATTRIBUTE_GROUPS, ObjectClass
from services.search.model.search import CAPTIONS
from services.search.model.sentence import Reading

SURELY_OTHER = 0.8
"""A track surely has another value from this probability of it on."""

ANYTHING = "a person or a vehicle"
"""Looked for where a sentence holds nothing but filters: the order of its hits means little then."""

_JOINTS = frozenset(
    {"at", "in", "on", "near", "by", "inside", "outside", "behind", "beside", "from", "with", "wearing"}
)
"""What begins with one of these needs no "with" before it."""

_VALUES = {group.key: group.values for group in ATTRIBUTE_GROUPS}


def understood_from(reading: Reading) -> Understood:
    """A reading as it crosses borders."""
    return Understood(
        text=reading.text,
        classes=reading.classes,
        without_classes=reading.without_classes,
        attributes=tuple(
            AttributeWish(attribute=wish.attribute, value=wish.value, wanted=wish.wanted) for wish in reading.attributes
        ),
        without=reading.without,
        camera_ids=reading.camera_ids,
        without_camera_ids=reading.without_camera_ids,
        zone_ids=reading.zone_ids,
        without_zone_ids=reading.without_zone_ids,
        from_time=reading.from_time,
        until_time=reading.until_time,
        day_time=None
        if reading.day_time is None
        else DayTime(start=reading.day_time.start, until=reading.day_time.until),
        weekdays=reading.weekdays,
        count=reading.count,
        headings=tuple(Heading(degrees=one.degrees, within=one.within) for one in reading.headings),
        min_seconds_in_view=reading.min_seconds_in_view,
        max_seconds_in_view=reading.max_seconds_in_view,
        phrases=tuple(Phrase(part=phrase.part.value, words=phrase.words) for phrase in reading.phrases),
    )


def applied(request: SearchRequest, understood: Understood) -> SearchRequest:
    """The request, narrowed by what its sentence says as well. Where both name zones, a time of day, weekdays,
    directions or classes, the request's own count."""
    text = understood.text or _stand_in(understood, alone=not _has_other_parts(request))
    return msgspec.structs.replace(
        request,
        text=text,
        camera_ids=_both(request.camera_ids, understood.camera_ids),
        without_camera_ids=(*request.without_camera_ids, *understood.without_camera_ids),
        zone_ids=request.zone_ids or understood.zone_ids,
        without_zone_ids=(*request.without_zone_ids, *understood.without_zone_ids),
        from_time=max(_known(request.from_time, understood.from_time), default=None),
        until_time=min(_known(request.until_time, understood.until_time), default=None),
        day_time=request.day_time or understood.day_time,
        weekdays=request.weekdays or understood.weekdays,
        without_classes=(*request.without_classes, *_left_out(request, understood)),
        attributes=(*request.attributes, *_plain(understood.attributes)),
        without_texts=(*request.without_texts, *(_contrast(understood.text, what) for what in understood.without)),
        count=max(request.count, understood.count),
        headings=request.headings or understood.headings,
        min_seconds_in_view=max(_said(request.min_seconds_in_view, understood.min_seconds_in_view), default=None),
        max_seconds_in_view=min(_said(request.max_seconds_in_view, understood.max_seconds_in_view), default=None),
    )


def _has_other_parts(request: SearchRequest) -> bool:
    return any(part is not None for part in (request.picture_key, request.track_id, request.frame))


def _stand_in(understood: Understood, *, alone: bool) -> str | None:
    if not alone:
        return None
    return CAPTIONS[understood.classes[0]] if understood.classes else ANYTHING


def _both(permitted: tuple[UUID, ...] | None, named: tuple[UUID, ...] | None) -> tuple[UUID, ...] | None:
    if permitted is None or named is None:
        return named if permitted is None else permitted
    return tuple(camera_id for camera_id in permitted if camera_id in named)


def _said(*seconds: float | None) -> list[float]:
    return [one for one in seconds if one is not None]


def _known(*moments: datetime | None) -> list[datetime]:
    return [moment for moment in moments if moment is not None]


def _left_out(request: SearchRequest, understood: Understood) -> Sequence[ObjectClass]:
    """Named by their absence, so that scenes, which have no class, stay."""
    if request.classes or not understood.classes:
        return understood.without_classes
    others = (known for known in ObjectClass if known not in understood.classes)
    return tuple(dict.fromkeys((*understood.without_classes, *others)))


def _plain(wishes: Sequence[AttributeWish]) -> Sequence[AttributeWish]:
    """As filters of the request: a wish of a sentence leaves out only what surely has another value. Several wanted
    values of one attribute are alternatives: "a red or blue car"."""
    plain = [wish for wish in wishes if not wish.wanted or wish.attribute not in _VALUES]
    wanted = [wish for wish in wishes if wish.wanted and wish.attribute in _VALUES]
    for attribute in dict.fromkeys(wish.attribute for wish in wanted):
        values = {wish.value for wish in wanted if wish.attribute == attribute}
        plain += [
            AttributeWish(attribute=attribute, value=other, wanted=False, probability=SURELY_OTHER)
            for other in _VALUES[attribute]
            if other not in values
        ]
    return plain


def _contrast(text: str, what: str) -> str:
    """The description that is not wanted, in the words of the one that is: they differ in nothing else."""
    joint = " " if what.split(maxsplit=1)[0] in _JOINTS else " with "
    return f"{text}{joint}{what}" if text else what
