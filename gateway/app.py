"""The composition root: builds the adapters and wires them to the routes. Run it with
`uvicorn gateway.app:create_app --factory --no-access-log`."""

import logging
from collections.abc import Mapping
from typing import Any

from anyio import CapacityLimiter
from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.types import ASGIApp

from contracts.task import Payload, TaskContract
from gateway.adapters.cameras import Cameras
from gateway.adapters.events import Events, Rules
from gateway.adapters.footage import Footage
from gateway.adapters.health import Check, objects_check, postgres_check, redis_check, triton_check
from gateway.adapters.idempotency import KeptAnswers
from gateway.adapters.keys import Keys
from gateway.adapters.pictures import Pictures
from gateway.adapters.queries import Ask
from gateway.adapters.questions import Questions
from gateway.adapters.recordings import Recordings
from gateway.adapters.watches import Alerts, Watches
from gateway.adapters.work import Reports, Work
from gateway.adapters.zones import Zones
from gateway.routes import (
    cameras,
    events,
    health,
    jobs,
    journeys,
    media,
    questions,
    recordings,
    reports,
    search,
    tracks,
    watches,
    zones,
)
from gateway.settings import GatewaySettings, read_gateway_settings
from gateway.web.authentication import Authentication, provide_caller
from gateway.web.documentation import complete_document, openapi_config
from gateway.web.idempotency import Idempotency
from gateway.web.media_types import MediaTypes
from gateway.web.observation import Observed
from gateway.web.problems import EXCEPTION_HANDLERS
from kit.jobs import Jobs
from kit.messaging import announcer, ask, create_celery
from kit.objects import Objects
from kit.postgres import Database
from kit.telemetry import observe_jobs, start_logging, start_telemetry

_THREADS = 40
"""Requests that the thread pool works on at once; the database pool is half as large."""

_SEARCHES = 32
"""Searches that wait for their workers at once, in threads of their own."""

_MOST_JSON_BYTES = 4 * 1024 * 1024


def create_app() -> ASGIApp:
    """The gateway as its environment describes it. Raises MissingSettingError."""
    settings = read_gateway_settings()
    plumbing = settings.plumbing
    start_logging("gateway")
    _adopt_server_log()
    start_telemetry("gateway", plumbing.otlp_endpoint)
    database = Database(plumbing.postgres_dsn, pool_size=_THREADS // 2)
    celery = create_celery("gateway", plumbing.redis_url)
    jobs_kept = Jobs(database, announcer(celery), lease_seconds=plumbing.lease_seconds)
    objects = Objects(plumbing.objects)
    observe_jobs(jobs_kept.counts)

    def ask_worker(contract: TaskContract[Payload], message: str, seconds: float) -> str:
        return ask(celery, contract, message, seconds=seconds)

    checks = {
        "postgres": postgres_check(database),
        "redis": redis_check(plumbing.redis_url),
        "objects": objects_check(objects),
        "triton": triton_check(plumbing.triton_url),
    }
    return Observed(
        compose(settings, database=database, jobs_kept=jobs_kept, objects=objects, ask_worker=ask_worker, checks=checks)
    )


def compose(
    settings: GatewaySettings,
    *,
    database: Database,
    jobs_kept: Jobs,
    objects: Objects,
    ask_worker: Ask,
    checks: Mapping[str, Check],
) -> Litestar:
    """The routes over their adapters."""
    link_seconds = settings.link_seconds
    parts: dict[str, Any] = {
        "settings": settings,
        "cameras": Cameras(database),
        "zones": Zones(database, jobs_kept),
        "rules": Rules(database, jobs_kept),
        "events": Events(database),
        "watches": Watches(database),
        "alerts": Alerts(database, Events(database)),
        "recordings": Recordings(
            database, jobs_kept, objects, link_seconds=link_seconds, most_bytes=settings.most_recording_bytes
        ),
        "footage": Footage(database, objects, link_seconds=link_seconds),
        "work": Work(database, jobs_kept),
        "questions": Questions(database),
        "reports": Reports(database, jobs_kept, objects, link_seconds=link_seconds),
        "pictures": Pictures(objects),
        "ask": ask_worker,
        "searches": CapacityLimiter(_SEARCHES),
        "checks": checks,
    }
    first_version = Router(
        "/v1",
        route_handlers=[
            cameras.router,
            zones.router,
            events.router,
            events.events_router,
            watches.router,
            watches.alerts_router,
            recordings.router,
            jobs.router,
            search.router,
            journeys.router,
            questions.router,
            tracks.router,
            media.router,
            reports.router,
            health.router,
        ],
    )
    app = Litestar(
        route_handlers=[first_version],
        dependencies={"caller": provide_caller, **{name: _given(part) for name, part in parts.items()}},
        middleware=[Authentication(Keys(database)), MediaTypes(), Idempotency(KeptAnswers(database))],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=openapi_config(),
        request_max_body_size=_MOST_JSON_BYTES,
        cors_config=CORSConfig(allow_origins=list(settings.allowed_origins)) if settings.allowed_origins else None,
        logging_config=None,
        debug=False,
        on_shutdown=[database.close],
    )
    complete_document(app)
    return app


def _adopt_server_log() -> None:
    """The server's own lines go where all others go; its access lines are ours already."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.access").disabled = True


def _given(part: Any) -> Provide:
    return Provide(lambda: part, sync_to_thread=False)
