"""What can be drawn on a camera's view. Pure."""

from collections.abc import Sequence
from itertools import pairwise

import shapely

from contracts.events import ZoneKind
from gateway.refusals import InvalidFieldError

LEAST_AREA = 1e-5
"""Of a zone, in shares of the view: a few pixels of a small picture."""

LEAST_LENGTH = 1e-3
"""Of a line, in shares of the view."""


def check_points(kind: ZoneKind, points: Sequence[Sequence[float]]) -> None:
    """Raises InvalidFieldError where the points make no zone or line that something can be in or cross."""
    if kind is ZoneKind.LINE:
        if shapely.LineString(points).length < LEAST_LENGTH:
            raise InvalidFieldError("points", "the line has no length: draw it from one side to the other")
        if any(tuple(one) == tuple(other) for one, other in pairwise(points)):
            raise InvalidFieldError("points", "two points of the line that follow each other are the same")
        return
    corners = {tuple(point) for point in points}
    if len(corners) < 3:
        raise InvalidFieldError("points", "a zone needs at least three different corners")
    polygon = shapely.Polygon(points)
    if not polygon.is_valid:
        raise InvalidFieldError("points", f"the zone's sides cross or touch: {shapely.is_valid_reason(polygon)}")
    if polygon.area < LEAST_AREA:
        raise InvalidFieldError("points", "the zone has no area: its corners lie on one line")
