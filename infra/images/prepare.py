"""Prepares the servers of a deployment: roles, schema, bucket. Safe to run again; services start when it is done."""

import logging

from infra.postgres import migrate
from kit.objects import Objects
from kit.settings import read_object_settings
from kit.telemetry import start_logging

_LOG = logging.getLogger(__name__)


def main() -> None:
    """Reads DSNs and passwords as `infra.postgres.migrate` does, and the object store's as every service does."""
    start_logging("migrate")
    migrate.main()
    _LOG.info(
        "database is up to date", extra={"migrations": [migration.name for migration in migrate.read_migrations()]}
    )
    Objects(read_object_settings()).ensure_bucket()
    _LOG.info("bucket is there")


if __name__ == "__main__":
    main()
