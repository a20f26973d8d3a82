"""Composition root of the embed service: `celery -A services.embed.app:celery worker -Q embed` for fresh footage, and
`-Q embed.bulk` for re-embedding."""

import time
from datetime import UTC, datetime, timedelta

from kit.jobs import Jobs
from kit.messaging import announcer, create_celery
from kit.objects import Objects
from kit.postgres import Database
from kit.triton import Triton
from kit.worker import Duty, JobWorker, register, run_with
from services.embed.adapters.models import TritonModels
from services.embed.adapters.pictures import StoredPictures
from services.embed.adapters.postgres import IngestLibrary, PostgresSpaces, PostgresVectors
from services.embed.adapters.upkeep import PostgresTurns
from services.embed.pipeline import Embedding, Reembedding, Upkeep
from services.embed.settings import read_embed_settings
from services.embed.tasks import handlers

_settings = read_embed_settings()
_plumbing = _settings.plumbing
_database = Database(_plumbing.postgres_dsn)

celery = create_celery("embed", _plumbing.redis_url)
_jobs = Jobs(_database, announcer(celery), lease_seconds=_plumbing.lease_seconds)
_library = IngestLibrary(_database)
_pictures = StoredPictures(Objects(_plumbing.objects), threads=_settings.fetch_threads)
_models = TritonModels(Triton(_plumbing.triton_url, timeout_seconds=_plumbing.triton_seconds))
_spaces = PostgresSpaces(_database)
_vectors = PostgresVectors(_database, _jobs)
_embedding = Embedding(library=_library, pictures=_pictures, models=_models, spaces=_spaces, vectors=_vectors)
_reembedding = Reembedding(
    library=_library, pictures=_pictures, models=_models, spaces=_spaces, vectors=_vectors, pause=time.sleep
)
register(celery, JobWorker(_jobs, lease_seconds=_plumbing.lease_seconds), handlers(_embedding, _reembedding))
_upkeep = Upkeep(
    turns=PostgresTurns(_plumbing.postgres_dsn),
    keep_days=_settings.keep_days,
    seal_after=timedelta(hours=_settings.seal_after_hours),
    merge_after=timedelta(days=_settings.merge_after_days) if _settings.merge_after_days else None,
)
run_with(
    celery,
    "embed",
    jobs=_jobs,
    otlp_endpoint=_plumbing.otlp_endpoint,
    reconcile_seconds=_plumbing.reconcile_seconds,
    duties=(Duty("upkeep", _settings.upkeep_seconds, lambda: _upkeep.look(datetime.now(UTC))),),
)
