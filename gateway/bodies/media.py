"""Links to footage."""

from datetime import datetime

from gateway.bodies.form import Answer


class MediaLink(Answer, frozen=True, kw_only=True):
    """A signed link that whoever holds it can fetch until it expires."""

    url: str
    expires_at: datetime
