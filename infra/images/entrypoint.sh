#!/bin/sh
# Starts what this image is for: `start`, or for a worker `start QUEUE` (`start search.query`). Anything else is run as
# it stands; `sightline …` is the command line, in the migrate image.
set -eu

case ${1:-start} in
  start) ;;
  sightline)
    shift
    exec python -c 'from infra.cli import main; main()' "$@"
    ;;
  *) exec "$@" ;;
esac

case $SIGHTLINE_SERVICE in
  gateway)
    exec uvicorn gateway.app:create_app --factory --host 0.0.0.0 --port 8000 --no-access-log \
      --timeout-graceful-shutdown 20
    ;;
  migrate)
    exec python -m infra.images.prepare
    ;;
  *)
    queue=${2:-$SIGHTLINE_SERVICE}
    # Workers talk through Postgres, not among themselves. Their heartbeat stays on: it touches the health check's file.
    exec celery -A "services.$SIGHTLINE_SERVICE.app:celery" worker -Q "$queue" -n "$queue@%h" \
      --concurrency "${SIGHTLINE_CONCURRENCY:-1}" --without-gossip --without-mingle
    ;;
esac
