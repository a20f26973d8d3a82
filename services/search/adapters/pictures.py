"""Pictures that callers uploaded: fetched from S3, decoded in the sandbox."""

from kit.media import MediaError, PictureDecoder, SandboxError
from kit.objects import ObjectMissingError, Objects, ObjectsUnavailableError
from services.search.model.errors import BadPictureError, StoreUnavailableError
from services.search.model.search import Pixels

MAX_BYTES = 20 * 1024 * 1024
"""A larger upload is refused before it is fetched."""


class UploadedPictures:
    """The bucket and the sandbox."""

    def __init__(self, objects: Objects, decoder: PictureDecoder) -> None:
        self._objects = objects
        self._decoder = decoder

    def load(self, object_key: str) -> Pixels:
        """UINT8 [height, width, 3] in RGB. Raises BadPictureError, StoreUnavailableError."""
        try:
            size = self._objects.size(object_key)
            if size > MAX_BYTES:
                raise BadPictureError(
                    f"the picture has {size:,} bytes; at most {MAX_BYTES:,} are taken: make it smaller"
                )
            return self._decoder.decode(self._objects.get(object_key))
        except ObjectMissingError as error:
            raise BadPictureError("the picture is not there (any more): send it again") from error
        except MediaError as error:
            raise BadPictureError(str(error)) from error
        except (ObjectsUnavailableError, SandboxError) as error:
            raise StoreUnavailableError(f"the picture could not be read now, ask again: {error}") from error
