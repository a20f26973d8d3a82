"""Pictures to search with: known by their first bytes, never decoded here. Pure."""

from gateway.refusals import InvalidFieldError, MediaTypeError, UploadTooLargeError

MOST_PICTURE_BYTES = 10 * 1024 * 1024


def picture_type(content: bytes) -> str:
    """The media type of a picture. Raises InvalidFieldError, UploadTooLargeError, MediaTypeError."""
    if not content:
        raise InvalidFieldError("body", "the picture is empty")
    if len(content) > MOST_PICTURE_BYTES:
        raise UploadTooLargeError(MOST_PICTURE_BYTES)
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    raise MediaTypeError("a JPEG, PNG or WebP picture")
