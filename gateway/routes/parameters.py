"""Parameters that several routes take."""

from datetime import datetime
from typing import Annotated

from litestar.params import QueryParameter

from gateway.pages import DEFAULT_ITEMS, MOST_ITEMS

Cursor = Annotated[
    str | None, QueryParameter(name="cursor", max_length=500, description="`next_cursor` of the page before.")
]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=MOST_ITEMS, description=f"Usually {DEFAULT_ITEMS}.")]
From = Annotated[
    datetime | None, QueryParameter(name="from", description="At or after this time, RFC 3339 with an offset.")
]
Until = Annotated[
    datetime | None, QueryParameter(name="until", description="Before this time, RFC 3339 with an offset.")
]
