"""Why the search service gives no answer."""

from uuid import UUID


class SearchError(Exception):
    """A search without an answer. `code` is the fault's stable word; the message is for a person."""

    code = "internal"


class BadRequestError(SearchError):
    """The request says nothing that can be looked for."""

    code = "bad_request"


class NotFoundError(SearchError):
    """What was named is not there, or not for this caller. The message is its kind and its name: `zone 0199…`."""

    code = "not_found"


class UnknownTrackError(SearchError):
    """The track whose likes are wanted is not there, or has no vectors yet."""

    code = "unknown_track"

    def __init__(self, track_id: UUID, cause: str) -> None:
        super().__init__(f"track {track_id} {cause}")
        self.track_id = track_id


class BadPictureError(SearchError):
    """The picture that was sent cannot be used."""

    code = "bad_picture"


class ModelsUnavailableError(SearchError):
    """The models cannot encode the query now."""

    code = "models_unavailable"


class StoreUnavailableError(SearchError):
    """Postgres or the object store cannot be reached now."""

    code = "store_unavailable"
