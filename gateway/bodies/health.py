"""Health."""

from typing import Annotated

from msgspec import Meta

from gateway.bodies.form import Answer


class Liveness(Answer, frozen=True, kw_only=True):
    """The process runs."""

    status: str


class Readiness(Answer, frozen=True, kw_only=True):
    """What the gateway stands on: `up` or `down` each."""

    status: Annotated[str, Meta(description="`ready`; `degraded`: searches fail; `unavailable`: nothing works.")]
    checks: dict[str, str]
