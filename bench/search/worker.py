"""The search service's query worker over the bench's vectors: `services.search.app` but for what encodes (drawn.py).

`celery -A bench.search.worker:celery worker -Q search.query`
"""

# First: the service reads the vocabulary when it is imported.
import bench.search.vocabulary  # noqa: F401, I001

from functools import cache
from pathlib import Path

from bench.search.drawn import DRAWN, DrawnEncoders
from contracts.search import SEARCH_QUERY
from kit.jobs import Jobs
from kit.media import PictureDecoder
from kit.messaging import announcer, create_celery
from kit.objects import Objects
from kit.postgres import Database
from kit.settings import required
from kit.worker import run_with
from services.search.adapters.pictures import UploadedPictures
from services.search.adapters.places import GatewayPlaces
from services.search.adapters.postgres import EmbedSpaces, IngestLibrary
from services.search.adapters.stored import StoredFacts, StoredFrames
from services.search.adapters.telemetry import stage
from services.search.adapters.vectors import EmbedVectors
from services.search.pipeline.search import Searching
from services.search.settings import read_search_settings
from services.search.tasks import register_query

_plumbing = read_search_settings().plumbing
_database = Database(_plumbing.postgres_dsn)


@cache
def _searching() -> Searching:
    return Searching(
        encoders=DrawnEncoders(Path(required(DRAWN))),
        spaces=EmbedSpaces(_database),
        pictures=UploadedPictures(Objects(_plumbing.objects), PictureDecoder()),
        vectors=EmbedVectors(_database),
        library=IngestLibrary(_database),
        places=GatewayPlaces(_database),
        frames=StoredFrames(_database, Objects(_plumbing.objects)),
        stored=StoredFacts(_database),
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
