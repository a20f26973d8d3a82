"""ETags: the version of a thing in quotes, sent back in `If-Match` by whoever changes it. Pure."""

from typing import Annotated

from litestar.params import HeaderParameter

from gateway.refusals import VersionMissingError

IfMatch = Annotated[str | None, HeaderParameter(name="If-Match", description="The ETag as you read it.")]


def etag(version: int) -> str:
    """The ETag of a version."""
    return f'"{version}"'


def read_version(if_match: str | None) -> int:
    """The version that a change is made to; -1 for a text that is no ETag of ours, which matches no version. Raises
    VersionMissingError."""
    if if_match is None:
        raise VersionMissingError
    text = if_match.strip().removeprefix("W/").strip('"')
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
