"""Composition root of the search service: `celery -A services.search.app:celery worker -Q search.query`
for queries, `-Q search` for jobs."""

from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import uuid4

from contracts.events import SEARCH_RULE_TRIAL
from contracts.journey import (
    JOURNEY_DECIDE,
    JOURNEY_READ,
    JOURNEY_START,
    JOURNEYS_READ,
    TRANSITION_GIVE,
    TRANSITIONS_READ,
)
from contracts.question import SEARCH_QUESTION
from contracts.search import SEARCH_QUERY
from contracts.watches import SEARCH_WATCH_TRIAL
from kit.describe import Describer
from kit.jobs import Jobs
from kit.media import PictureDecoder
from kit.messaging import announcer, create_celery
from kit.objects import Objects
from kit.postgres import Database
from kit.triton import Triton
from kit.worker import Duty, JobWorker, register, run_with
from services.search.adapters.describer import NoWordsmith, ServedWordsmith
from services.search.adapters.events import PostgresEvents
from services.search.adapters.journey import JourneySightings, StoredJourneys, StoredTransitions
from services.search.adapters.models import TritonEncoders
from services.search.adapters.pictures import UploadedPictures
from services.search.adapters.places import GatewayPlaces
from services.search.adapters.postgres import EmbedSpaces, IngestLibrary
from services.search.adapters.questions import KeptAnswers, StoredSightings
from services.search.adapters.stored import StoredFacts, StoredFrames
from services.search.adapters.telemetry import stage
from services.search.adapters.vectors import EmbedVectors
from services.search.adapters.watches import PostgresWatches
from services.search.pipeline.events import EventFinding
from services.search.pipeline.fresh import KeptEncoders
from services.search.pipeline.journey import Journeys
from services.search.pipeline.question import Answering, SearchedLikeness
from services.search.pipeline.search import Searching
from services.search.pipeline.watches import Watching
from services.search.settings import read_search_settings
from services.search.tasks import handlers, register_query

FORGET_SECONDS = 3600.0
"""How often old answers are removed."""

PREPARE_SECONDS = 2.0
"""How often it is looked for watches that are new or changed."""

_settings = read_search_settings()
_plumbing = _settings.plumbing
_database = Database(_plumbing.postgres_dsn)


@cache
def _searching() -> Searching:
    """Called in the process that answers: the picture sandbox keeps a child ready, which must be that process's own."""
    return Searching(
        encoders=TritonEncoders(Triton(_plumbing.triton_url, timeout_seconds=_settings.encode_seconds)),
        spaces=EmbedSpaces(_database),
        pictures=UploadedPictures(Objects(_plumbing.objects), PictureDecoder()),
        vectors=EmbedVectors(_database),
        library=IngestLibrary(_database),
        places=GatewayPlaces(_database),
        frames=StoredFrames(_database, Objects(_plumbing.objects)),
        stored=StoredFacts(_database),
        stage=stage,
    )


def _answering() -> Answering:
    pictures = UploadedPictures(Objects(_plumbing.objects), PictureDecoder())
    url = _settings.describe_url
    return Answering(
        places=GatewayPlaces(_database),
        sightings=StoredSightings(_database),
        likeness=SearchedLikeness(_searching().answer),
        answers=KeptAnswers(_database),
        wordsmith=ServedWordsmith(Describer(url), pictures) if url else NoWordsmith(),
        new_id=uuid4,
    )


def _forget() -> int:
    return KeptAnswers(_database).forget(timedelta(days=_settings.answer_days))


@cache
def _journeys() -> Journeys:
    searching = _searching()
    return Journeys(
        encoders=searching.encoders,
        spaces=searching.spaces,
        pictures=searching.pictures,
        vectors=searching.vectors,
        sightings=JourneySightings(_database),
        journeys=StoredJourneys(_database),
        transitions=StoredTransitions(_database),
        stage=stage,
        clock=lambda: datetime.now(UTC),
    )


@cache
def _watching() -> Watching:
    searching = _searching()
    return Watching(PostgresWatches(_database, _jobs), searching, KeptEncoders(searching.encoders))


celery = create_celery("search", _plumbing.redis_url)
_jobs = Jobs(_database, announcer(celery), lease_seconds=_plumbing.lease_seconds)
_finding = EventFinding(PostgresEvents(_database, _jobs))
register_query(celery, SEARCH_QUERY, lambda: _searching().answer)
register_query(celery, SEARCH_QUESTION, lambda: _answering().answer)
register_query(celery, JOURNEY_START, lambda: _journeys().start)
register_query(celery, JOURNEY_READ, lambda: _journeys().read)
register_query(celery, JOURNEYS_READ, lambda: _journeys().asked)
register_query(celery, JOURNEY_DECIDE, lambda: _journeys().decide)
register_query(celery, TRANSITIONS_READ, lambda: _journeys().known_transitions)
register_query(celery, TRANSITION_GIVE, lambda: _journeys().give_transition)
register_query(celery, SEARCH_WATCH_TRIAL, lambda: _watching().attempt)
register_query(celery, SEARCH_RULE_TRIAL, lambda: _finding.attempt)
register(celery, JobWorker(_jobs, lease_seconds=_plumbing.lease_seconds), handlers(_finding, _watching))
run_with(
    celery,
    "search",
    jobs=_jobs,
    otlp_endpoint=_plumbing.otlp_endpoint,
    reconcile_seconds=_plumbing.reconcile_seconds,
    duties=(
        Duty("watches", PREPARE_SECONDS, PostgresWatches(_database, _jobs).ask_to_prepare),
        *((Duty("answers", FORGET_SECONDS, _forget),) if _settings.answer_days else ()),
    ),
)
