"""/v1/health"""

from collections.abc import Mapping

from litestar import Response, Router, get
from litestar.di import NamedDependency

from gateway.adapters.health import Check, run_checks
from gateway.bodies.health import Liveness, Readiness

_PUBLIC = {"needs": "public"}

_INDISPENSABLE = frozenset({"postgres", "objects"})
"""Without these nothing works; without the others searches fail and work waits."""


@get("/live", operation_id="getLiveness", summary="Is the process alive?", opt=_PUBLIC)
async def live() -> Liveness:
    """Asks nothing of anybody."""
    return Liveness(status="alive")


@get(
    "/ready",
    operation_id="getReadiness",
    summary="Does everything answer?",
    opt=_PUBLIC,
    sync_to_thread=True,
)
def ready(checks: NamedDependency[Mapping[str, Check]]) -> Response[Readiness]:
    """Postgres, the object store, the broker and Triton, each `up` or `down`. 503 where the first or second is down:
    then nothing works. Without the others uploads are still taken, and the status is `degraded`."""
    found = run_checks(checks)
    down = {name for name, up in found.items() if not up}
    status = "unavailable" if down & _INDISPENSABLE else "degraded" if down else "ready"
    body = Readiness(status=status, checks={name: "up" if up else "down" for name, up in found.items()})
    return Response(body, status_code=503 if status == "unavailable" else 200)


router = Router("/health", route_handlers=[live, ready], tags=["health"])
