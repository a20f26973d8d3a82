"""Messaging: Celery over Redis carries wake-ups for jobs and requests of queries; nothing else.

No chords, chains, ETA, pickle or result backend. What a wake-up says is only which job to look at, so losing one costs
a few seconds (the reconciler) and getting one twice costs nothing (the claim). A query's reply goes into a Redis list
that its asker waits at: with the broker down, Celery's own result backend retries for 20 s and must then be restarted.
"""

import logging
from collections.abc import Callable
from functools import cache
from uuid import uuid4

from celery import Celery
from kombu.exceptions import OperationalError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from contracts.task import Payload, Queue, TaskContract
from kit.jobs import Announce, Announcement
from kit.telemetry import current_traceparent

_LOG = logging.getLogger(__name__)

_REPLY_LIVES_SECONDS = 60
"""How long a reply waits for an asker who may have left."""

Answer = Callable[[str, str | None], str]
"""Makes a reply (JSON) of a request (JSON) and the W3C traceparent of whoever asks."""


def create_celery(name: str, redis_url: str) -> Celery:
    """The Celery application of one process."""
    app = Celery(name, broker=redis_url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_default_queue=Queue.INGEST.value,
        task_ignore_result=True,
        # The row is the truth: an unacknowledged wake-up need not come back for long work.
        task_acks_late=False,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": 3600,
            "socket_timeout": 30,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "max_retries": 1,
        },
        enable_utc=True,
    )
    return app


def announcer(app: Celery) -> Announce:
    """Sends wake-ups by task name, best effort: a failure is logged, and the reconciler sends it again."""

    def announce(announcement: Announcement) -> None:
        try:
            app.send_task(
                announcement.contract,
                args=[str(announcement.job_id)],
                queue=announcement.queue,
                ignore_result=True,
                retry=False,
            )
        except (OperationalError, RedisError, OSError) as error:
            _LOG.warning(
                "wake-up not sent; the reconciler will",
                extra={"job_id": str(announcement.job_id), "contract": announcement.contract, "cause": str(error)},
            )

    return announce


class QueryUnansweredError(Exception):
    """No reply came before the deadline, or the broker could not be reached."""

    def __init__(self, contract: str, seconds: float, cause: str) -> None:
        super().__init__(f"{contract} was not answered within {seconds:g} s: {cause}")
        self.contract = contract
        self.seconds = seconds


class BrokerUnreachableError(QueryUnansweredError):
    """The query could not be sent, or its reply not be fetched: the broker is down."""


def ask(app: Celery, contract: TaskContract[Payload], message: str, *, seconds: float) -> str:
    """Sends a query and waits for its reply, both JSON texts. The message expires with the deadline, so that no worker
    answers somebody who has left. Raises QueryUnansweredError."""
    reply_key = f"reply:{uuid4()}"
    try:
        app.send_task(
            contract.name,
            args=[message, current_traceparent(), reply_key],
            queue=contract.queue.value,
            expires=seconds,
            ignore_result=True,
            retry=False,
        )
        popped = _redis(app.conf.broker_url).blpop([reply_key], timeout=seconds)
    except (OperationalError, RedisError, OSError) as error:
        raise QueryUnansweredError(contract.name, seconds, f"the message broker cannot be reached ({error})") from error
    if popped is None:
        raise QueryUnansweredError(contract.name, seconds, "no worker was free in time")
    return str(popped[1])


def answer_queries(app: Celery, contract: TaskContract[Payload], answer: Answer) -> None:
    """Makes the Celery task that answers this contract's queries. `answer` must not raise: a fault is a reply too."""

    def task(message: str, traceparent: str | None, reply_key: str) -> None:
        reply = answer(message, traceparent)
        with _redis(app.conf.broker_url).pipeline() as pipeline:
            pipeline.rpush(reply_key, reply)
            pipeline.expire(reply_key, _REPLY_LIVES_SECONDS)
            pipeline.execute()

    limit = int(contract.time_limit.total_seconds())
    app.task(name=contract.name, ignore_result=True, time_limit=limit, shared=False)(task)


@cache
def _redis(url: str) -> Redis:
    # A pool for each server, safe to share by threads and after a fork. Blocking waits set their own time-out.
    return Redis.from_url(
        url, decode_responses=True, socket_connect_timeout=5, socket_timeout=None, retry=Retry(NoBackoff(), 1)
    )
