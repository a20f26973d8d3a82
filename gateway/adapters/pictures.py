"""Pictures in the object store, by their hash, under their tenant."""

import hashlib

from gateway.bodies.search import PictureStored
from gateway.model import Caller
from gateway.pictures import picture_type
from gateway.refusals import NotFoundError
from kit.objects import ObjectMissingError, Objects


class Pictures:
    """The pictures of the tenants."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    def store(self, caller: Caller, content: bytes) -> PictureStored:
        """Stores a picture; storing it again changes nothing. Raises MediaTypeError and its like."""
        media_type = picture_type(content)
        name = hashlib.sha256(content).hexdigest()
        self._objects.put_at(_key(caller, name), content, content_type=media_type)
        return PictureStored(id=name, size_bytes=len(content), media_type=media_type)

    def key(self, caller: Caller, picture_id: str) -> str:
        """Where a picture lies. Raises NotFoundError."""
        key = _key(caller, picture_id)
        try:
            self._objects.size(key)
        except ObjectMissingError as error:
            raise NotFoundError("picture", picture_id) from error
        return key


def _key(caller: Caller, picture_id: str) -> str:
    return f"pictures/{caller.tenant_id}/{picture_id}"
