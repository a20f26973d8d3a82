"""The composition root of the report service's worker: `celery -A services.report.app:celery worker -Q report`."""

from kit.jobs import Jobs
from kit.messaging import announcer, create_celery
from kit.objects import Objects
from kit.postgres import Database
from kit.worker import JobWorker, register, run_with
from services.report.adapters.footage import StoredFootage
from services.report.adapters.pdf import PdfPress
from services.report.adapters.postgres import PostgresRecords
from services.report.settings import read_report_settings
from services.report.tasks import build_handler

_settings = read_report_settings()
_plumbing = _settings.plumbing
_database = Database(_plumbing.postgres_dsn)

celery = create_celery("report", _plumbing.redis_url)
_jobs = Jobs(_database, announcer(celery), lease_seconds=_plumbing.lease_seconds)

register(
    celery,
    JobWorker(_jobs, lease_seconds=_plumbing.lease_seconds),
    [
        build_handler(
            PostgresRecords(_database, _jobs),
            StoredFootage(Objects(_plumbing.objects)),
            PdfPress(_settings.fonts),
        )
    ],
)
run_with(
    celery,
    "report",
    jobs=_jobs,
    otlp_endpoint=_plumbing.otlp_endpoint,
    reconcile_seconds=_plumbing.reconcile_seconds,
)
