"""Whether what the gateway stands on answers."""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from concurrent.futures import TimeoutError as LookTimeoutError

import psycopg
import redis
from psycopg_pool import PoolTimeout

from kit.objects import Objects
from kit.postgres import Database

_LOG = logging.getLogger(__name__)

_PATIENCE_SECONDS = 3.0

Check = Callable[[], bool]


def postgres_check(database: Database) -> Check:
    """Whether Postgres answers."""

    def check() -> bool:
        try:
            with database.system_transaction() as connection:
                connection.execute("SELECT 1")
        except (psycopg.Error, PoolTimeout) as error:
            _LOG.warning("postgres is down", extra={"cause": str(error)})
            return False
        return True

    return check


def redis_check(url: str) -> Check:
    """Whether the broker answers."""

    def check() -> bool:
        try:
            with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
                return bool(client.ping())
        except (redis.RedisError, OSError) as error:
            _LOG.warning("redis is down", extra={"cause": str(error)})
            return False

    return check


def objects_check(objects: Objects) -> Check:
    """Whether the bucket can be reached."""
    return objects.healthy


def triton_check(address: str) -> Check:
    """Whether Triton is ready; `address` is host:port of its gRPC."""

    def check() -> bool:
        from tritonclient.grpc import InferenceServerClient
        from tritonclient.utils import InferenceServerException

        client = InferenceServerClient(address)
        try:
            return bool(client.is_server_ready(client_timeout=2.0))
        except InferenceServerException as error:
            _LOG.warning("triton is down", extra={"cause": str(error)})
            return False
        finally:
            client.close()

    return check


def run_checks(checks: Mapping[str, Check]) -> dict[str, bool]:
    """All checks at once; one that hangs counts as down."""
    pool = ThreadPoolExecutor(len(checks), thread_name_prefix="health")
    pending = {pool.submit(check): name for name, check in checks.items()}
    found = dict.fromkeys(checks, False)
    try:
        for done in as_completed(pending, timeout=_PATIENCE_SECONDS):
            found[pending[done]] = done.result()
    except LookTimeoutError:
        _LOG.warning("a health check hangs", extra={"checks": [name for name, up in found.items() if not up]})
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return found
