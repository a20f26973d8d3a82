"""Messaging: Celery over Redis carries wake-ups for jobs, and requests and replies for queries. Nothing else.

No chords, chains, ETA, pickle; a result backend for the query queue alone. What a message says is only which job to
look at, so losing one costs a few seconds (the reconciler) and getting one twice costs nothing (the claim).
"""

import logging
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from contracts.task import Payload, Queue, TaskContract
from kit.jobs import Announce, Announcement
from kit.telemetry import current_traceparent

_LOG = logging.getLogger(__name__)


def create_celery(name: str, redis_url: str) -> Celery:
    """The Celery application of one process."""
    app = Celery(name, broker=redis_url, backend=redis_url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        result_serializer="json",
        task_default_queue=Queue.INGEST.value,
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        result_expires=60,
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
        result_backend_transport_options={"retry_policy": {"timeout": 5.0}},
        redis_socket_timeout=30,
        redis_socket_connect_timeout=5,
        redis_retry_on_timeout=True,
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
    answers somebody who has left. Raises QueryUnansweredError, and its kind BrokerUnreachableError."""
    from celery.exceptions import TimeoutError as CeleryTimeoutError

    try:
        pending: Any = app.send_task(
            contract.name,
            args=[message, current_traceparent()],
            queue=contract.queue.value,
            expires=seconds,
            ignore_result=False,
            retry=False,
        )
        try:
            reply: str = pending.get(timeout=seconds, interval=0.01)
        finally:
            pending.forget()
    except CeleryTimeoutError:
        raise QueryUnansweredError(contract.name, seconds, "no worker was free in time") from None
    except (OperationalError, RedisError, OSError) as error:
        raise BrokerUnreachableError(
            contract.name, seconds, f"the message broker cannot be reached ({error})"
        ) from error
    return reply
