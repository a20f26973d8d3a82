#!/bin/sh
# Copies what one service's image holds: choose_code.sh SERVICE FROM TO
set -eu

service=$1 from=$2 to=$3
mkdir -p "$to"
cp -r "$from/contracts" "$from/kit" "$to/"
case $service in
  gateway)
    cp -r "$from/gateway" "$to/"
    ;;
  ingest | embed | search | report)
    mkdir "$to/services"
    cp "$from/services/__init__.py" "$to/services/"
    cp -r "$from/services/$service" "$to/services/"
    ;;
  migrate)
    mkdir -p "$to/infra/cli" "$to/infra/images"
    cp "$from/infra/__init__.py" "$to/infra/"
    cp -r "$from/infra/postgres" "$to/infra/"
    cp "$from/infra/cli/__init__.py" "$from/infra/cli/console.py" "$from/infra/cli/tenants.py" "$to/infra/cli/"
    cp "$from/infra/images/__init__.py" "$from/infra/images/prepare.py" "$to/infra/images/"
    ;;
  *)
    echo "no such service: '$service' (gateway, ingest, embed, search, report, migrate)" >&2
    exit 2
    ;;
esac
