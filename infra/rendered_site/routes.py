"""How an actor passes through a camera's view, and from camera to camera."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from infra.rendered_site import captions
from infra.rendered_site.layouts import Point
from infra.rendered_site.model import Actor, Floats
from infra.rendered_site.stage import Standing


@dataclass(frozen=True)
class Leg:
    """One passage through one camera's view."""

    camera: str
    start: float
    """Seconds after the site's start; may lie before it."""
    speed: float
    """Metres a second."""
    points: tuple[Point, ...]
    """The way on the ground, metres."""
    mode: str = "pass"
    """"pass" goes through, "arrive" comes to a stop at the end and stays, "leave" starts from a stop."""
    pause: tuple[float, float] = (0.5, 0.0)
    """Where on the way (share of its length) it stands for how many seconds."""
    arms: str = "down"
    arcs: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        steps = np.hypot(*np.diff(np.array(self.points, np.float32), axis=0).T)
        object.__setattr__(self, "arcs", np.concatenate([[0.0], np.cumsum(steps)]).astype(np.float32))

    @property
    def length(self) -> float:
        """Metres from the first point to the last."""
        return float(self.arcs[-1])

    @property
    def duration(self) -> float:
        """Seconds from start to end, a pause included. Who arrives stays longer, who leaves was there before."""
        slower = 1.0 if self.mode == "pass" else 1.6
        return self.length / self.speed * slower + self.pause[1]

    def travelled(self, clock: float) -> float | None:
        """Metres along the way at a time of the site; None when the actor is not on this camera then."""
        gone = clock - self.start
        if self.mode == "pass":
            if gone < 0 or gone > self.duration:
                return None
            stop = self.pause[0] * self.length
            if gone * self.speed <= stop:
                return gone * self.speed
            return max(stop, (gone - self.pause[1]) * self.speed)
        share = float(np.clip(gone / self.duration, 0, 1))
        if self.mode == "arrive":
            return None if gone < 0 else self.length * (1 - (1 - share) ** 1.6)
        return None if gone > self.duration else self.length * share**1.6

    def track(self, times: Floats) -> Floats:
        """The places (N, 2) at these times of the site, NaN where the actor is not on this camera."""
        gone = np.array([np.nan if (s := self.travelled(t)) is None else s for t in times.tolist()])
        path = np.array(self.points)
        return np.stack([np.interp(gone, self.arcs, path[:, k]) for k in (0, 1)], 1)

    def standing(self, actor: Actor, clock: float) -> Standing | None:
        """Where the actor is at a time of the site, or None."""
        s = self.travelled(clock)
        if s is None:
            return None
        x, y = (float(np.interp(s, self.arcs, [p[k] for p in self.points])) for k in (0, 1))
        # The heading is read off the way itself a little behind and ahead, so that turns are round.
        reach = 0.35 if actor.vehicle is None else 1.3
        a, b = max(s - reach, 0.0), min(s + reach, self.length)
        (xa, xb), (ya, yb) = (np.interp((a, b), self.arcs, [p[k] for p in self.points]).tolist() for k in (0, 1))
        before, after = self.travelled(clock - 0.1), self.travelled(clock + 0.1)
        speed = (after - before) / 0.2 if before is not None and after is not None else self.speed
        return Standing(actor, x, y, float(np.arctan2(yb - ya, xb - xa)), s, speed, clock, self.arms)


@dataclass(frozen=True)
class Route:
    """An actor and its legs in the order of time, one camera after the other."""

    actor: Actor
    legs: tuple[Leg, ...]

    @property
    def action(self) -> str:
        """What the actor does, in one word."""
        if self.actor.person is not None and self.actor.vehicle is not None:
            return "riding"
        if self.actor.person is None:
            return "driving"
        return "standing" if any(leg.pause[1] >= 6 for leg in self.legs) else "walking"

    @property
    def caption(self) -> str:
        """The actor in one sentence."""
        return captions.description(self.actor, self.action)


def room(actor: Actor) -> float:
    """Metres around an actor's middle that no other should enter."""
    if actor.person is not None:
        return 0.3 if actor.vehicle is None else 0.8
    assert actor.vehicle is not None
    return {"bus": 5.6, "lorry": 3.8, "van": 2.6}.get(actor.vehicle.kind, 2.2)
