"""Composition root of the ingest service: `celery -A services.ingest.app:celery worker -Q ingest`."""

from functools import partial

from kit.jobs import Jobs
from kit.messaging import announcer, create_celery
from kit.objects import Objects
from kit.postgres import Database
from kit.triton import Triton
from kit.worker import JobWorker, register, run_with
from services.ingest.adapters.bytetrack import ByteTracks
from services.ingest.adapters.detector import TritonDetector
from services.ingest.adapters.files import StoredFiles
from services.ingest.adapters.footage import SandboxedFootage
from services.ingest.adapters.pictures import OpenCvPictures
from services.ingest.adapters.postgres import PostgresStore
from services.ingest.adapters.scratch import scratch_folder
from services.ingest.adapters.telemetry import IngestTelemetry
from services.ingest.pipeline.recording import RecordingIntake
from services.ingest.pipeline.segment import SegmentAnalysis
from services.ingest.settings import read_ingest_settings
from services.ingest.tasks import handlers

_settings = read_ingest_settings()
_plumbing, _analysis = _settings.plumbing, _settings.analysis
_database = Database(_plumbing.postgres_dsn)

celery = create_celery("ingest", _plumbing.redis_url)
_jobs = Jobs(_database, announcer(celery), lease_seconds=_plumbing.lease_seconds)
_files = StoredFiles(Objects(_plumbing.objects), threads=_settings.put_threads)
_footage = SandboxedFootage(_settings.limits, _analysis)
_store = PostgresStore(_database, _jobs)
_telemetry = IngestTelemetry()
_triton = Triton(_plumbing.triton_url, timeout_seconds=_plumbing.triton_seconds)
register(
    celery,
    JobWorker(_jobs, lease_seconds=_plumbing.lease_seconds),
    handlers(
        RecordingIntake(_files, _footage, _store, _telemetry, scratch_folder),
        SegmentAnalysis(
            files=_files,
            footage=_footage,
            detector=TritonDetector(_triton, least_score=_analysis.least_score),
            trackers=partial(
                ByteTracks,
                frames_per_second=_analysis.frames_per_second,
                missing_seconds=_analysis.tracks.missing_seconds,
            ),
            pictures=OpenCvPictures(),
            store=_store,
            telemetry=_telemetry,
            scratch=scratch_folder,
            settings=_analysis,
        ),
    ),
)
run_with(
    celery,
    "ingest",
    jobs=_jobs,
    otlp_endpoint=_plumbing.otlp_endpoint,
    reconcile_seconds=_plumbing.reconcile_seconds,
)
