"""Composition root of the search service: `celery -A services.search.app:celery worker -Q search.query`."""

from contracts.search import SEARCH_QUERY
from kit.jobs import Jobs
from kit.media import PictureDecoder
from kit.messaging import announcer, create_celery
from kit.objects import Objects
from kit.postgres import Database
from kit.triton import Triton
from kit.worker import run_with
from services.search.adapters.models import TritonEncoders
from services.search.adapters.pictures import UploadedPictures
from services.search.adapters.places import GatewayPlaces
from services.search.adapters.postgres import EmbedSpaces, EmbedVectors, IngestLibrary
from services.search.adapters.telemetry import stage
from services.search.pipeline.search import Searching
from services.search.settings import read_search_settings
from services.search.tasks import register_query

_settings = read_search_settings()
_plumbing = _settings.plumbing
_database = Database(_plumbing.postgres_dsn)


def _searching() -> Searching:
    """Called in the process that answers: the picture sandbox keeps a child ready, which must be that process's own."""
    return Searching(
        encoders=TritonEncoders(Triton(_plumbing.triton_url, timeout_seconds=_settings.encode_seconds)),
        spaces=EmbedSpaces(_database),
        pictures=UploadedPictures(Objects(_plumbing.objects), PictureDecoder()),
        vectors=EmbedVectors(_database),
        library=IngestLibrary(_database),
        places=GatewayPlaces(_database),
        stage=stage,
    )


celery = create_celery("search", _plumbing.redis_url)
register_query(celery, SEARCH_QUERY, lambda: _searching().answer)
run_with(
    celery,
    "search",
    jobs=Jobs(_database, announcer(celery), lease_seconds=_plumbing.lease_seconds),
    otlp_endpoint=_plumbing.otlp_endpoint,
    reconcile_seconds=_plumbing.reconcile_seconds,
)
