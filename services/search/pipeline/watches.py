"""Use cases: what is new against everything that is watched for, and a watch tried on the past."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from time import monotonic, perf_counter
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from contracts.events import DayCount
from contracts.search import MAX_HITS, Asked, Hit, SearchRequest
from contracts.vocabulary import Space
from contracts.watches import PrepareWatches, TryWatch, WatchItems, WatchTried
from kit.lease import Lease
from services.search.model.errors import (
    BadRequestError,
    ModelsUnavailableError,
    SearchError,
    StoreUnavailableError,
)
from services.search.model.fresh import FreshBatch
from services.search.model.schedule import holds
from services.search.model.watches import Prepared, read_as
from services.search.pipeline.fresh import (
    FreshFacts,
    FreshLibrary,
    FreshVectors,
    KeptEncoders,
    KeptPlaces,
    KnownSpaces,
)
from services.search.pipeline.preparing import prepared, sentence_of
from services.search.pipeline.search import Searching
from services.search.ports.watches import NewAlert, StandingWatch, WatchKey, WatchStore

_LOG = logging.getLogger(__name__)

MOST_TRIED = timedelta(days=93)
"""The longest stretch of time that a watch is tried over."""

TRIAL_SECONDS = 10.0
"""A trial that takes longer says how far it came."""

MOST_SAMPLES = 200
MOST_READ = 20_000
"""Watches that are kept in memory with what they look for."""

MOST_PREPARED = 128
"""Watches that one job reads and encodes: a second or two."""


@dataclass(frozen=True)
class Watching:
    """Looks at what is new for everybody who watches. Keeps what their sentences mean from one time to the next."""

    store: WatchStore
    searching: Searching
    encoders: KeptEncoders
    _known: dict[WatchKey, "_Known"] = field(default_factory=dict)

    def look(self, task: WatchItems, lease: Lease) -> None:
        """Searches the new tracks and scenes for everything that the tenant watches for, and writes the alerts with the
        job's completion. A watch that cannot be answered (its zone is gone, say) is left out and told.

        Raises ModelsUnavailableError, StoreUnavailableError, LeaseLostError.
        """
        began = perf_counter()
        spaces = self.store.spaces()
        standing = self.store.standing(lease.tenant_id)
        alerts: list[NewAlert] = []
        failed: dict[str, str] = {}
        likely: Sequence[_Known] = ()
        batch = self.store.fresh(lease.tenant_id, task) if standing else FreshBatch(())
        if batch.rows:
            over = self._over(lease.tenant_id, task, batch, spaces)
            likely = self._likely(over, self._known_of(lease.tenant_id, over, standing, spaces), batch)
            zones = self.store.time_zones(lease.tenant_id) if likely else {}
            for known in likely:
                try:
                    hits = self._hits(over, known, batch)
                except (ModelsUnavailableError, StoreUnavailableError):
                    raise
                except SearchError as error:
                    failed[str(known.watch.id)] = str(error)
                    continue
                alerts += [NewAlert(known.watch, hit) for hit in hits if _due(known.watch, hit, zones)]
            if self.store.spaces() != spaces:
                # What is new may have been compared with what lies in no space of its own.
                raise ModelsUnavailableError("the models were switched in the middle of a look: it is taken again")
        if failed:
            _LOG.warning("watches left out", extra={"causes": failed})
        result = {
            "watches": len(standing),
            "searched": len(likely),
            "rows": len(batch.rows),
            "hits": len(alerts),
            "failed": failed,
            "seconds": round(perf_counter() - began, 4),
        }
        self.store.finish(lease, alerts, result)

    def prepare(self, task: PrepareWatches, lease: Lease) -> None:  # noqa: ARG002 (what lacks something is asked for now)
        """Reads and encodes what some of the tenant's watches look for, and keeps it. Few at a time: what is new waits
        behind this.

        Raises ModelsUnavailableError, StoreUnavailableError, LeaseLostError.
        """
        spaces = self.store.spaces()
        new = [] if spaces is None else self.store.unprepared(lease.tenant_id, spaces, MOST_PREPARED)
        if new and spaces is not None:
            self._prepared(lease.tenant_id, self._serving(spaces), new, spaces)
        self.store.done(lease, {"watches": len(new)})

    def attempt(self, request: TryWatch) -> WatchTried:
        """How often a search would have alerted, day by day; nothing is stored. Raises SearchError."""
        search = request.search
        first, last = search.from_time, search.until_time
        _check(request, first, last)
        assert first is not None
        assert last is not None
        days: list[DayCount] = []
        best: list[Hit] = []
        capped, started, until = False, monotonic(), first
        for begin, end in _days(first, last, request.time_zone):
            asked = msgspec.structs.replace(search, from_time=begin, until_time=end, limit=MAX_HITS, cursor=None)
            answer = self.searching.answer(asked)
            # What was in view over midnight counts on the day on which it came.
            hits = [hit for hit in answer.hits if hit.started_at >= begin or begin == first]
            capped = capped or len(answer.hits) == MAX_HITS
            if hits:
                days.append(DayCount(day=begin.astimezone(ZoneInfo(request.time_zone)).date(), count=len(hits)))
            best = sorted([*best, *hits], key=lambda hit: -hit.score)[: request.samples]
            until = end
            if monotonic() - started > TRIAL_SECONDS:
                break
        return WatchTried(
            count=sum(one.count for one in days),
            capped=capped,
            days=tuple(days),
            samples=tuple(best),
            examined_until=until,
        )

    def _over(self, tenant_id: UUID, task: WatchItems, batch: FreshBatch, spaces: str | None) -> Searching:
        """The searching itself, over the batch alone."""
        return replace(
            self._serving(spaces),
            vectors=FreshVectors(self.searching.vectors, batch),
            library=FreshLibrary(self.store.stills(tenant_id, task)),
            stored=FreshFacts(self.searching.stored, batch, self.searching.stored.calibrations()),
        )

    def _serving(self, spaces: str | None) -> Searching:
        """The searching with what serves now, for the length of one job."""
        serving = self.searching.spaces.serving()
        if self.encoders.serve(serving, spaces) or len(self._known) > MOST_READ:
            self._known.clear()
        return replace(
            self.searching,
            encoders=self.encoders,
            spaces=KnownSpaces(serving),
            places=KeptPlaces(self.searching.places),
        )

    def _known_of(
        self, tenant_id: UUID, over: Searching, standing: Sequence[WatchKey], spaces: str | None
    ) -> Sequence["_Known"]:
        """The watches with what they look for: from memory, else as it is kept, else made now."""
        known = [self._known[key] for key in standing if key in self._known]
        missing = [watch_id for watch_id, version in standing if (watch_id, version) not in self._known]
        if not missing:
            return known
        read = self.store.read(tenant_id, missing, spaces)
        unprepared = [watch for watch, kept in read if kept is None]
        made = self._prepared(tenant_id, over, unprepared, spaces) if unprepared else {}
        for watch, kept in read:
            one = _Known(watch, made[watch.id, watch.version] if kept is None else kept)
            self._known[watch.id, watch.version] = one
            known.append(one)
        return known

    def _prepared(
        self, tenant_id: UUID, over: Searching, watches: Sequence[StandingWatch], spaces: str | None
    ) -> Mapping[WatchKey, Prepared]:
        made = prepared(over, self.encoders, watches)
        if spaces is not None:
            # In the middle of a switch the models of now and the spaces of a moment ago are not the same.
            names = frozenset(spaces.split("/"))
            self.store.keep(tenant_id, spaces, {key: one for key, one in made.items() if one.spaces <= names})
        return made

    def _likely(self, over: Searching, watches: Sequence["_Known"], batch: FreshBatch) -> Sequence["_Known"]:
        """Without the watches that nothing new is alike enough to, whatever else they ask."""
        curves = {(one.asked, one.space): one for one in over.stored.calibrations()}
        best = iter(batch.best_scores([probe for one in watches for probe in one.prepared.probes]))
        left = []
        for one in watches:
            scores = [next(best) for _ in one.prepared.probes]
            # The store's scores differ from these in the last digits.
            if not scores or one.prepared.most(scores, curves) >= one.watch.request.min_score - 1e-3:
                left.append(one)
        return left

    def _hits(self, over: Searching, known: "_Known", batch: FreshBatch) -> Sequence[Hit]:
        request = read_as(known.watch.request, known.prepared.understood)
        for stage in known.prepared.stages:
            for part in stage:
                if part.asked is Asked.TEXT and (sentence := sentence_of(request)) is not None:
                    self.encoders.keep(over.spaces.serving()[Space.SEMANTIC], sentence, part.probes[0].encoding)
        return over.answer(_of_batch(request, batch)).hits


@dataclass(frozen=True)
class _Known:
    """A watch and what it looks for."""

    watch: StandingWatch
    prepared: Prepared


def _of_batch(request: SearchRequest, batch: FreshBatch) -> SearchRequest:
    first, last = batch.span or (None, None)
    return msgspec.structs.replace(request, from_time=first, until_time=last, limit=MAX_HITS, cursor=None)


def _due(watch: StandingWatch, hit: Hit, zones: Mapping[UUID, str]) -> bool:
    return watch.schedule is None or holds(watch.schedule, hit.started_at, zones.get(hit.camera_id, "UTC"))


def _days(first: datetime, last: datetime, time_zone: str) -> list[tuple[datetime, datetime]]:
    zone = ZoneInfo(time_zone)
    found: list[tuple[datetime, datetime]] = []
    begin = first
    while begin < last:
        midnight = (begin.astimezone(zone) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        end = min(midnight, last)
        found.append((begin, end))
        begin = end
    return found


def _check(request: TryWatch, first: datetime | None, last: datetime | None) -> None:
    if first is None or last is None or first >= last:
        raise BadRequestError("a watch is tried over a range of time: give from and until, from before until")
    if last - first > MOST_TRIED:
        raise BadRequestError(f"a watch is tried over at most {MOST_TRIED.days} days at once")
    if not 0 <= request.samples <= MOST_SAMPLES:
        raise BadRequestError(f"samples must be from 0 to {MOST_SAMPLES}")
