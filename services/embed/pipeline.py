"""Use cases of the embed service: stills in, vectors stored."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from time import perf_counter

import numpy as np

from contracts.embed import EmbedItems, ReembedRecording
from contracts.vocabulary import ItemKind, Space
from kit.lease import Lease
from services.embed.model import (
    Described,
    EmbeddedStills,
    ModelUnavailableError,
    OtherWeightsError,
    Pixels,
    SpaceState,
    Still,
    StillGoneError,
    UnreadableStillError,
    UnusableVectorsError,
    Vectors,
    checked,
    pooled_attributes,
)
from services.embed.ports import Days, Describer, Encoder, Library, Models, Pictures, Size, Spaces, Turns, VectorStore

_LOG = logging.getLogger(__name__)

BATCH = 32
"""Stills encoded at a time: what the served models take in one request."""

GIVE_WAY_SECONDS = 2.0
"""How long re-embedding waits before each batch while fresh footage wants the models. Not longer: where cameras never
rest, a switch must end all the same."""

_LOOK_AGAIN_SECONDS = 0.2


ENOUGH_FOR_CODES = 20_000
"""Vectors of a space from which thresholds are taken. While it has fewer, every search compares all that pass."""

ENOUGH_FOR_INDEX = 1_000
"""Vectors of a day that are worth an index; fewer are compared at once."""

MOST_MERGED = 1_000_000
"""Vectors in a part that is made of days: an index over so many of 384 dimensions is built in 1.2 GB of memory."""


class _Part:
    """What one encoder has made of a job's stills so far."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.kind = encoder.space.kind
        self.made: list[Vectors] = []


class _Describing:
    """What the attributes' model has said of a job's crops so far. It is an extra: where it is not served, or fails,
    the footage is made searchable without. Where it was replaced it would do, so that the job is done again."""

    def __init__(self, describer: Describer | None) -> None:
        self._describer = describer
        self._rows: list[Vectors] = []

    def sizes_of(self, still: Still) -> list[Size]:
        """The size in which the still is wanted; its picture is then the last of the still's."""
        return [self._describer.size] if self._describer is not None and still.kind is ItemKind.TRACK else []

    def look(self, stills: Sequence[Still], pictures: Sequence[tuple[Pixels, ...]]) -> None:
        """Asks about the crops of a batch. Raises ModelReplacedError."""
        crops = [sizes[-1] for still, sizes in zip(stills, pictures, strict=True) if still.kind is ItemKind.TRACK]
        if self._describer is None or not crops:
            return
        try:
            self._rows.append(self._describer.describe(np.stack(crops)))
        except ModelUnavailableError as error:
            _LOG.warning("attributes left out", extra={"cause": str(error)})
            self._describer = None

    def told(self, stills: Sequence[Still]) -> Described | None:
        """What the crops of each track say together."""
        if self._describer is None or not self._rows:
            return None
        model = self._describer.model
        return Described(model.weights, pooled_attributes(model, stills, np.concatenate(self._rows)))


@dataclass(frozen=True)
class Embedding:
    """Makes the vectors of tracks and scenes, and says what the tracks look like."""

    library: Library
    pictures: Pictures
    models: Models
    spaces: Spaces
    vectors: VectorStore

    def embed(self, items: EmbedItems, lease: Lease) -> None:
        """Encodes every still of the items in every space that is in use, and stores the vectors with the job's
        completion. An incoming space whose model fails is left to a later job: fresh footage never waits for it.

        Raises UnreadableStillError, StillGoneError, UnusableVectorsError, ModelUnavailableError, ModelReplacedError,
        LeaseLostError, and what the adapters raise.
        """
        began = perf_counter()
        encoding = 0.0
        stills = self.library.stills(lease.tenant_id, items)
        parts = self._parts({kind for still in stills for kind in still.spaces})
        describing = _Describing(self.models.describer())
        wanted = [
            (
                still.object_key,
                [part.encoder.size for part in parts if part.kind in still.spaces] + describing.sizes_of(still),
            )
            for still in stills
        ]
        loaded = self.pictures.load(wanted)
        failed: set[int] = set()
        for start in range(0, len(stills), BATCH):
            batch = stills[start : start + BATCH]
            pictures = list(islice(loaded, len(batch)))
            ready = perf_counter()
            for number, inputs in _inputs(batch, pictures, parts):
                if number not in failed and not _encode(parts[number], inputs):
                    failed.add(number)
            describing.look(batch, pictures)
            encoding += perf_counter() - ready
            lease.tell_progress((start + len(batch)) / len(stills))
        # Reading runs beside encoding: what is told is how long encoding had to wait for it.
        seconds = {"read": perf_counter() - began - encoding, "encode": encoding}
        self.vectors.finish(
            lease,
            [
                EmbeddedStills(
                    part.encoder.space,
                    [still for still in stills if part.kind in still.spaces],
                    np.concatenate(part.made),
                )
                for number, part in enumerate(parts)
                if number not in failed
            ],
            seconds,
            describing.told(stills),
        )

    def _parts(self, kinds: Iterable[Space]) -> list[_Part]:
        parts = []
        for binding in self.spaces.bindings():
            if binding.kind not in kinds:
                continue
            try:
                parts.append(_Part(self.models.encoder(binding)))
            except ModelUnavailableError as error:
                if binding.state is SpaceState.SERVING:
                    raise
                _LOG.warning("incoming space left for later", extra={"cause": str(error)})
        return parts


@dataclass(frozen=True)
class Reembedding:
    """Fills a space with the vectors of footage that was stored before."""

    library: Library
    pictures: Pictures
    models: Models
    spaces: Spaces
    vectors: VectorStore
    pause: Callable[[float], None]
    """Waits so many seconds."""

    def reembed(self, task: ReembedRecording, lease: Lease) -> None:
        """Encodes the recording's stills that have no vector in the space, batch by batch, each stored at once: a job
        that was cut off goes on where it stopped. Stills that cannot be had are left out and named in the result.

        Raises OtherWeightsError, UnusableVectorsError, ModelUnavailableError, LeaseLostError, NotAllFilledError, and
        what the adapters raise.
        """
        binding = self.spaces.wanted(task.space)
        left_out: list[str] = []
        filled = 0
        if binding is not None:
            encoder = self.models.encoder(binding)
            if encoder.space.name != task.space:
                raise OtherWeightsError(task.space, binding.image_model, encoder.space.name)
            stills = self.library.missing(lease.tenant_id, task.recording_id, task.space)
            total = max(task.stills, len(stills), 1)
            lease.tell_progress(1 - len(stills) / total)
            readable = self._readable(stills, encoder, left_out)
            while batch := list(islice(readable, BATCH)):
                self._give_way()
                vectors = encoder.encode(np.stack([picture for _, picture in batch]))
                part = EmbeddedStills(
                    encoder.space, [still for still, _ in batch], checked(encoder.space, vectors, len(batch))
                )
                filled += len(batch)
                lease.tell_progress(1 - (len(stills) - filled - len(left_out)) / total)
                self.vectors.keep(lease, part)
                if self.spaces.wanted(task.space) is None:
                    break
        self.vectors.finish_filling(lease, task, filled, left_out)

    def _readable(
        self, stills: Sequence[Still], encoder: Encoder, left_out: list[str]
    ) -> Iterator[tuple[Still, Pixels]]:
        """The stills with their pictures, without those that cannot be had, which are noted in `left_out`."""
        place = 0
        while place < len(stills):
            loaded = self.pictures.load([(still.object_key, [encoder.size]) for still in stills[place:]])
            try:
                for (picture,) in loaded:
                    place += 1
                    yield stills[place - 1], picture
            except (UnreadableStillError, StillGoneError) as error:
                _LOG.warning("still left out", extra={"cause": str(error)})
                left_out.append(stills[place].object_key)
                place += 1

    def _give_way(self) -> None:
        waited = 0.0
        while waited < GIVE_WAY_SECONDS and self.spaces.fresh_waits():
            self.pause(_LOOK_AGAIN_SECONDS)
            waited += _LOOK_AGAIN_SECONDS


@dataclass(frozen=True)
class Upkeep:
    """Keeps the stored days in shape: drops those past their time, codes what has no code, seals those that are over.

    An open day is cheap to write: it has btrees and codes only. One that is over is sealed: its index is built once,
    and its rows are frozen. The days of a month that is over are put together into one part, or few, so that a search
    over a long time walks few indexes. Every step can be cut off anywhere and done again.
    """

    turns: Turns
    keep_days: int
    """Days are dropped when they have been over for so many; 0: never."""
    seal_after: timedelta
    """How long a day has been over when it is sealed: late footage is cheaper to write before."""
    merge_after: timedelta | None = None
    """How long a month has been over when its days are put together; None: never."""

    def look(self, now: datetime) -> None:
        """Does what there is to do, one step after the other, until fresh footage waits."""
        with self.turns.turn() as days:
            if days is None:
                return
            if self.keep_days:
                for day in days.before(now.astimezone(UTC).date() - timedelta(days=self.keep_days)):
                    _LOG.info("day dropped", extra={"day": str(day), "vectors": days.drop(day)})
            while not days.fresh_waits() and self._step(days, now):
                pass

    def _step(self, days: Days, now: datetime) -> bool:
        if days.calibrate(ENOUGH_FOR_CODES):
            return True
        uncoded = days.to_code()
        if uncoded is not None:
            days.code(uncoded)
            return True
        over = days.to_seal((now - self.seal_after).astimezone(UTC).date())
        if over is None:
            return self._merge(days, now)
        began = perf_counter()
        indexed = days.index(over, ENOUGH_FOR_INDEX)
        days.settle(over)
        days.mark_sealed(over, perf_counter() - began)
        _LOG.info("day sealed", extra={"day": str(over.day), "table": over.table, "indexed": indexed})
        return True

    def _merge(self, days: Days, now: datetime) -> bool:
        """Whether days were put together. Where footage of theirs came meanwhile, it is for another look."""
        if self.merge_after is None:
            return False
        old = days.to_merge((now - self.merge_after).astimezone(UTC).date(), MOST_MERGED)
        if old is None:
            return False
        merged = days.merge(old, ENOUGH_FOR_INDEX)
        told = {"first_day": str(old.first_day), "until_day": str(old.until_day), "table": old.table}
        _LOG.info("days merged" if merged else "days not merged: they changed meanwhile", extra=told)
        return merged


def _encode(part: _Part, inputs: Pixels) -> bool:
    """Adds the batch's vectors. False where that failed in a space that nobody is answered from yet."""
    space = part.encoder.space
    try:
        part.made.append(checked(space, part.encoder.encode(inputs), len(inputs)))
    except (ModelUnavailableError, UnusableVectorsError) as error:
        if space.binding.state is SpaceState.SERVING:
            raise
        _LOG.warning("incoming space left for later", extra={"cause": str(error)})
        return False
    return True


def _inputs(
    stills: Sequence[Still], pictures: Sequence[tuple[Pixels, ...]], parts: Sequence[_Part]
) -> Iterator[tuple[int, Pixels]]:
    """For each part that has work in this batch, its number and its pictures."""
    # A still's pictures stand in the order of the parts that it belongs to.
    places = [iter(sizes) for sizes in pictures]
    for number, part in enumerate(parts):
        inputs = [next(place) for still, place in zip(stills, places, strict=True) if part.kind in still.spaces]
        if inputs:
            yield number, np.stack(inputs)
