"""Writes the `.env` that docker-compose.yml reads, with fresh passwords: `python3 infra/images/make_env.py`.

Standard library only. Never touches an `.env` that is there: its passwords are those of the data.
"""

import argparse
import os
import secrets
import sys
from pathlib import Path

PASSWORDS = (
    "SIGHTLINE_POSTGRES_PASSWORD",
    "SIGHTLINE_OWNER_PASSWORD",
    "SIGHTLINE_GATEWAY_PASSWORD",
    "SIGHTLINE_INGEST_PASSWORD",
    "SIGHTLINE_EMBED_PASSWORD",
    "SIGHTLINE_SEARCH_PASSWORD",
    "SIGHTLINE_REPORT_PASSWORD",
    "SIGHTLINE_VALKEY_PASSWORD",
    "SIGHTLINE_S3_SECRET_KEY",
)
"""Variables that docker-compose.yml insists on."""


def env_text(profile: str, s3_public: str) -> str:
    """The file's text, with passwords nobody has seen."""
    lines = [
        "# Settings of this deployment (docs/how-to/deploy-with-compose.md). Keep it: these are the data's passwords.",
        f"COMPOSE_PROFILES={profile}",
        "# Where clients reach the object store; signed links name it.",
        f"SIGHTLINE_S3_PUBLIC_ENDPOINT={s3_public}",
        f"SIGHTLINE_S3_ACCESS_KEY={secrets.token_hex(10)}",
        *(f"{name}={secrets.token_urlsafe(24)}" for name in PASSWORDS),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Exit code 0: written; 1: there is one already."""
    parser = argparse.ArgumentParser(description="Write the .env that docker-compose.yml reads, with fresh passwords.")
    parser.add_argument("--file", type=Path, default=Path(".env"))
    parser.add_argument("--profile", choices=("cpu", "gpu"), default="cpu", help="where Triton runs its models")
    parser.add_argument("--s3-public", default="http://localhost:8333", help="URL at which clients reach the S3 server")
    given = parser.parse_args()
    try:
        descriptor = os.open(given.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        sys.stderr.write(f"{given.file} is there already and holds the passwords of its data: nothing was written\n")
        return 1
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(env_text(given.profile, given.s3_public))
    sys.stdout.write(f"{given.file} written. Next: docker compose up -d --build\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
