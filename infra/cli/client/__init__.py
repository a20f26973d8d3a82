"""A small typed client of the gateway's REST API, for the command line, the demo and the end-to-end tests.

    with open_client() as sightline:
        camera = sightline.ensure_camera("lobby", time_zone="Europe/Berlin")
        accepted = sightline.upload(Path("lobby.mp4"), camera.id, started_at=start)
        recording = sightline.follow_recording(accepted.id)
        for hit in sightline.search(text="a person with a red jacket").hits:
            ...

The gateway's address and the key come from SIGHTLINE_URL and SIGHTLINE_API_KEY, or else from the local stack's state
folder (`sightline up`), whose operator key is made on first use.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from gateway.bodies.cameras import Camera
from infra.cli.client.connection import GatewayRefusedError, GatewayUnreachableError, NotFinishedError
from infra.cli.client.footage import Footage
from infra.cli.client.investigation import Investigation
from infra.cli.client.watching import Watching
from infra.cli.console import CommandFailed

__all__ = [
    "Client",
    "GatewayRefusedError",
    "GatewayUnreachableError",
    "NotFinishedError",
    "gateway",
    "instant",
    "known_camera",
    "open_client",
]

EXIT_UNREACHABLE = 3
"""What the shell sees where no gateway answers."""


class Client(Footage, Investigation, Watching):
    """One gateway, seen with one API key. Raises GatewayRefusedError and GatewayUnreachableError throughout."""


def open_client(state: Path | None = None) -> Client:
    """The gateway that the environment or the local stack names. Raises CommandFailed where there is none."""
    url = os.environ.get("SIGHTLINE_URL", "")
    key = os.environ.get("SIGHTLINE_API_KEY", "")
    if url and key:
        return Client(url, key)
    if url or key:
        missing = "SIGHTLINE_API_KEY" if url else "SIGHTLINE_URL"
        raise CommandFailed(f"{missing} is not set", hint="Set both SIGHTLINE_URL and SIGHTLINE_API_KEY.", exit_code=2)
    from infra.cli.tenants import local_access

    access = local_access(state)
    return Client(access.url, access.key)


@contextmanager
def gateway(state: Path | None = None) -> Iterator[Client]:
    """The client for a command: what goes wrong is told to a person, with an exit code."""
    with open_client(state) as client:
        try:
            yield client
        except GatewayRefusedError as error:
            raise CommandFailed(str(error), hint=_HINTS.get(error.status, "")) from error
        except GatewayUnreachableError as error:
            raise CommandFailed(
                str(error), hint="Is the stack up? sightline status", exit_code=EXIT_UNREACHABLE
            ) from error
        except NotFinishedError as error:
            raise CommandFailed(str(error), hint="See how far it is: sightline jobs list") from error


def known_camera(client: Client, name: str) -> Camera:
    """The camera of that name. Raises CommandFailed where there is none."""
    found = client.camera(name)
    if found is None:
        raise CommandFailed(f"there is no camera {name!r}", hint="See them: sightline cameras list")
    return found


def instant(text: str | None, option: str) -> datetime | None:
    """A time given on the command line. Raises CommandFailed where it has no offset: what it would mean is not
    guessed."""
    if text is None:
        return None
    hint = "Such as 2026-03-02T08:00:00+01:00"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandFailed(f"{option} {text!r} is not a time", hint=hint, exit_code=2) from error
    if moment.tzinfo is None:
        raise CommandFailed(f"{option} {text!r} has no offset from UTC", hint=hint, exit_code=2)
    return moment


_HINTS = {
    401: "Make a key: sightline keys create",
    403: "Make a key with this scope: sightline keys create --scope …",
    503: "Something is down: sightline status",
    504: "Are the search workers up? sightline status",
}
