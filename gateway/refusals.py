"""Why a request is refused: each with the values it is about, its HTTP status and a short name that stays."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID


class RefusedError(Exception):
    """A request that cannot be done. `code` names the kind for programs: `urn:sightline:problem:<code>`."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "bad-request"
    title: ClassVar[str] = "The request cannot be understood"


class UnauthenticatedError(RefusedError):
    """No key, or one that is unknown, expired or revoked: which of these is not told."""

    status = 401
    code = "unauthenticated"
    title = "A valid API key is needed"

    def __init__(self) -> None:
        super().__init__("send a valid API key: Authorization: Bearer sl_…")


class ScopeMissingError(RefusedError):
    """The key may not do this."""

    status = 403
    code = "scope-missing"
    title = "The API key may not do this"

    def __init__(self, scope: str) -> None:
        super().__init__(f"the API key lacks the scope {scope}")
        self.scope = scope


class NotFoundError(RefusedError):
    """Not there, another tenant's, or on a camera that the key may not see: which of these is not told."""

    status = 404
    code = "not-found"
    title = "Not found"

    def __init__(self, kind: str, name: UUID | str) -> None:
        super().__init__(f"there is no {kind} {name}")
        self.kind = kind
        self.name = name


class CameraNameTakenError(RefusedError):
    """Names of cameras are unique within a tenant."""

    status = 409
    code = "camera-name-taken"
    title = "The camera's name is taken"

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a camera {name!r} already")
        self.name = name


class NameTakenError(RefusedError):
    """Names are unique: of zones and rules for a camera, of watches within a tenant."""

    status = 409
    code = "name-taken"
    title = "The name is taken"

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"there is a {kind} {name!r} already")
        self.kind = kind
        self.name = name


class ZoneInUseError(RefusedError):
    """A zone stays as long as a rule is over it."""

    status = 409
    code = "zone-in-use"
    title = "A rule is over the zone"

    def __init__(self, zone_id: UUID) -> None:
        super().__init__(f"zone {zone_id} has rules: remove them first")
        self.zone_id = zone_id


class StaleVersionError(RefusedError):
    """Somebody changed it in between."""

    status = 412
    code = "stale-version"
    title = "Changed in the meantime"

    def __init__(self, current: int) -> None:
        super().__init__(f'the current ETag is "{current}": read it again and repeat the change')
        self.current = current


class VersionMissingError(RefusedError):
    """A change must name the version it is made to."""

    status = 428
    code = "if-match-missing"
    title = "If-Match is needed"

    def __init__(self) -> None:
        super().__init__("send If-Match with the ETag that you read")


class UploadOverError(RefusedError):
    """The upload is complete already."""

    status = 409
    code = "upload-over"
    title = "The upload is over"

    def __init__(self, recording_id: UUID) -> None:
        super().__init__(f"the upload of recording {recording_id} is complete and cannot be changed or aborted")
        self.recording_id = recording_id


class UploadTooLargeError(RefusedError):
    """More bytes than allowed."""

    status = 413
    code = "too-large"
    title = "Too large"

    def __init__(self, limit_bytes: int, hint: str = "") -> None:
        super().__init__(f"at most {limit_bytes:,} bytes are taken here{'; ' if hint else ''}{hint}")
        self.limit_bytes = limit_bytes


class MediaTypeError(RefusedError):
    """The body is of a kind that is not taken here."""

    status = 415
    code = "unsupported-media-type"
    title = "Unsupported media type"

    def __init__(self, expected: str) -> None:
        super().__init__(f"send {expected}")


class InvalidFieldError(RefusedError):
    """A field that is well formed but cannot be meant."""

    status = 422
    code = "invalid"
    title = "The request is not valid"

    def __init__(self, field: str, message: str, source: str = "body") -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
        self.source = source


class PartsWrongError(RefusedError):
    """The parts named do not make up the file."""

    status = 422
    code = "parts-wrong"
    title = "The parts do not make up the file"

    def __init__(self, message: str) -> None:
        super().__init__(message)

    @classmethod
    def missing(cls, numbers: Sequence[int]) -> "PartsWrongError":
        """Parts that were not named."""
        shown = ", ".join(str(number) for number in numbers[:10])
        return cls(f"parts are missing: {shown}{' …' if len(numbers) > 10 else ''}")


class SizeMismatchError(RefusedError):
    """The file is not as large as was promised."""

    status = 422
    code = "size-mismatch"
    title = "The file has another size than promised"

    def __init__(self, promised: int, actual: int) -> None:
        super().__init__(
            f"{promised:,} bytes were promised and {actual:,} came: the upload was thrown away, start again"
        )
        self.promised = promised
        self.actual = actual


class JobNotDeadError(RefusedError):
    """Only what was given up can be started over."""

    status = 409
    code = "job-not-dead"
    title = "The job is not dead"

    def __init__(self, job_id: UUID, state: str) -> None:
        super().__init__(f"job {job_id} is {state}: only a dead job can be replayed")
        self.job_id = job_id


class KeyReusedError(RefusedError):
    """An Idempotency-Key stands for one request."""

    status = 422
    code = "idempotency-key-reused"
    title = "The Idempotency-Key was used for another request"

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was sent with another request within the last day: use a fresh one")


class KeyBusyError(RefusedError):
    """The first request with this Idempotency-Key is not over."""

    status = 409
    code = "idempotency-key-busy"
    title = "The same request is running"

    def __init__(self) -> None:
        super().__init__("the first request with this Idempotency-Key is still running: ask again in a moment")


class SearchUnansweredError(RefusedError):
    """No search worker was free in time."""

    status = 504
    code = "search-timeout"
    title = "The search was not answered in time"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no search worker answered within {seconds:g} s: ask again, or with a longer Prefer: wait=…")
        self.seconds = seconds


class BadPictureError(RefusedError):
    """The search service cannot use the picture."""

    status = 422
    code = "bad-picture"
    title = "The picture cannot be used"


class BadSearchError(RefusedError):
    """The search says nothing that can be looked for."""

    status = 422
    code = "bad-search"
    title = "The search cannot be answered"


class UnavailableError(RefusedError):
    """Something that the gateway stands on does not answer."""

    status = 503
    code = "unavailable"
    title = "Not available now"
