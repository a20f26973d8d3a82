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
from contracts.watches import TryWatch, WatchItems, WatchTried
from kit.lease import Lease
from services.search.model.errors import (
    BadRequestError,
    ModelsUnavailableError,
    SearchError,
    StoreUnavailableError,
)
from services.search.model.fresh import FreshBatch
from services.search.model.schedule import holds
from services.search.model.search import Probe
from services.search.pipeline.fresh import (
    FreshFacts,
    FreshLibrary,
    FreshVectors,
    KeptEncoders,
    KeptPlaces,
    KnownSpaces,
)
from services.search.pipeline.search import Searching
from services.search.ports.watches import NewAlert, StandingWatch, WatchStore

_LOG = logging.getLogger(__name__)

MOST_TRIED = timedelta(days=93)
"""The longest stretch of time that a watch is tried over."""

TRIAL_SECONDS = 10.0
"""A trial that takes longer says how far it came."""

MOST_SAMPLES = 200
MOST_READ = 20_000
"""Sentences whose meaning is kept."""


@dataclass(frozen=True)
class Watching:
    """Looks at what is new for everybody who watches. Keeps what their sentences mean from one time to the next."""

    store: WatchStore
    searching: Searching
    encoders: KeptEncoders
    _known: dict[tuple[UUID, int], "_Known"] = field(default_factory=dict)

    def look(self, task: WatchItems, lease: Lease) -> None:
        """Searches the new tracks and scenes for everything that the tenant watches for, and writes the alerts with the
        job's completion. A watch that cannot be answered (its zone is gone, say) is left out and told.

        Raises ModelsUnavailableError, StoreUnavailableError, LeaseLostError.
        """
        began = perf_counter()
        watches = self.store.standing(lease.tenant_id)
        alerts: list[NewAlert] = []
        failed: dict[str, str] = {}
        searched = 0
        batch = self.store.fresh(lease.tenant_id, task) if watches else FreshBatch(())
        if batch.rows:
            over = self._over(lease.tenant_id, task, batch)
            self._read_new(over, watches, batch)
            zones = self.store.time_zones(lease.tenant_id)
            for watch in self._likely(over, watches, batch):
                searched += 1
                try:
                    hits = self._hits(over, watch, batch)
                except (ModelsUnavailableError, StoreUnavailableError):
                    raise
                except SearchError as error:
                    failed[str(watch.id)] = str(error)
                    continue
                alerts += [NewAlert(watch, hit) for hit in hits if _due(watch, hit, zones)]
        if failed:
            _LOG.warning("watches left out", extra={"causes": failed})
        result = {
            "watches": len(watches),
            "searched": searched,
            "rows": len(batch.rows),
            "hits": len(alerts),
            "failed": failed,
            "seconds": round(perf_counter() - began, 4),
        }
        self.store.finish(lease, alerts, result)

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

    def _over(self, tenant_id: UUID, task: WatchItems, batch: FreshBatch) -> Searching:
        """The searching itself, over the batch alone."""
        serving = self.searching.spaces.serving()
        if self.encoders.serve(serving) or len(self._known) > MOST_READ:
            self._known.clear()
        return replace(
            self.searching,
            encoders=self.encoders,
            spaces=KnownSpaces(serving),
            vectors=FreshVectors(self.searching.vectors, batch),
            library=FreshLibrary(self.store.stills(tenant_id, task)),
            places=KeptPlaces(self.searching.places),
            stored=FreshFacts(self.searching.stored, batch, self.searching.stored.calibrations()),
        )

    def _read_new(self, over: Searching, watches: Sequence[StandingWatch], batch: FreshBatch) -> None:
        """Reads the sentences that were not read yet, and encodes what is left of them together."""
        new = [watch for watch in watches if (watch.id, watch.version) not in self._known]
        read: dict[tuple[UUID, int], SearchRequest] = {}
        for watch in new:
            try:
                request = _of_batch(watch.request, batch)
                understood = over.understood(request)
            except (ModelsUnavailableError, StoreUnavailableError):
                raise
            except SearchError:
                # The search itself says what is wrong.
                continue
            if understood is not None:
                # Days that a sentence names lie in the past, and what is new must not be held against them.
                understood = msgspec.structs.replace(understood, from_time=None, until_time=None)
            read[watch.id, watch.version] = msgspec.structs.replace(
                request, understood=understood, read_text=understood is not None
            )
        texts = [one.text if one.understood is None else one.understood.text for one in read.values()]
        self.encoders.warm(
            over.spaces.serving()[Space.SEMANTIC], [" ".join(text.split()) for text in texts if text and text.strip()]
        )
        for key, request in read.items():
            self._known[key] = _Known(request, self._look_of(over, request))

    def _look_of(self, over: Searching, request: SearchRequest) -> Probe | None:
        """The one look of a request for one text alone, learnt by searching nothing; None where it has others."""
        if not _for_one_text(request):
            return None
        nothing = FreshVectors(self.searching.vectors, FreshBatch(()))
        try:
            replace(over, vectors=nothing).answer(request)
        except (ModelsUnavailableError, StoreUnavailableError):
            raise
        except SearchError:
            return None
        return nothing.asked[0] if len(nothing.asked) == 1 else None

    def _likely(self, over: Searching, watches: Sequence[StandingWatch], batch: FreshBatch) -> Sequence[StandingWatch]:
        """Without the watches that nothing new is alike enough to, whatever else they ask: of those whose look is known
        and that are for one thing alone, so that their score is its score."""
        known = [self._known.get((watch.id, watch.version)) for watch in watches]
        looks = [(place, one.probe) for place, one in enumerate(known) if one is not None and one.probe is not None]
        curves = {(one.asked, one.space): one for one in over.stored.calibrations()}
        best = dict(zip((place for place, _ in looks), batch.best_scores([probe for _, probe in looks]), strict=True))
        left = []
        for place, watch in enumerate(watches):
            one = known[place]
            if one is not None and one.probe is not None:
                curve = curves.get((Asked.TEXT, one.probe.encoding.space))
                measure = best[place] if curve is None else curve.probability(best[place])
                # The store's scores differ from these in the last digits.
                if measure < watch.request.min_score - 1e-3:
                    continue
            left.append(watch)
        return left

    def _hits(self, over: Searching, watch: StandingWatch, batch: FreshBatch) -> Sequence[Hit]:
        known = self._known.get((watch.id, watch.version))
        return over.answer(_of_batch(watch.request if known is None else known.request, batch)).hits


@dataclass(frozen=True)
class _Known:
    """What a watch's sentence means, and its one look; None where it has several."""

    request: SearchRequest
    probe: Probe | None


def _of_batch(request: SearchRequest, batch: FreshBatch) -> SearchRequest:
    first, last = batch.span or (None, None)
    return msgspec.structs.replace(request, from_time=first, until_time=last, limit=MAX_HITS, cursor=None)


def _for_one_text(request: SearchRequest) -> bool:
    others = (request.picture_key, request.track_id, request.frame)
    without = (*request.without_texts, *request.without_track_ids)
    if request.understood is not None:
        without = (*without, *request.understood.without)
    return all(part is None for part in others) and not without


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
