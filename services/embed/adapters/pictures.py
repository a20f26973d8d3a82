"""Stills from S3: fetched and decoded in parallel, a little ahead of the models."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO

import numpy as np
from PIL import Image

from kit.objects import ObjectMissingError, Objects
from kit.pixels import stretched
from services.embed.model import Pixels, StillGoneError, UnreadableStillError
from services.embed.ports import Size

MAX_PIXELS = 64_000_000
"""Larger stills are refused before they are decoded: ingest writes none (8K footage has 33 million)."""

AHEAD = 64
"""Pictures held ready, at most: two batches."""


class StoredPictures:
    """The stills in the bucket. Ingest wrote them itself, as JPEG; anything else is refused."""

    def __init__(self, objects: Objects, *, threads: int) -> None:
        self._objects = objects
        self._threads = threads

    def load(self, wanted: Sequence[tuple[str, Sequence[Size]]]) -> Iterator[tuple[Pixels, ...]]:
        """For each object key, in order, its picture stretched to each of the sizes.

        Raises UnreadableStillError, StillGoneError, kit.objects.ObjectsUnavailableError.
        """
        pool = ThreadPoolExecutor(self._threads, thread_name_prefix="stills")
        try:
            running: deque[Future[tuple[Pixels, ...]]] = deque()
            for key, sizes in wanted:
                running.append(pool.submit(self._one, key, sizes))
                if len(running) >= AHEAD:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _one(self, key: str, sizes: Sequence[Size]) -> tuple[Pixels, ...]:
        try:
            content = self._objects.get(key)
        except ObjectMissingError as error:
            raise StillGoneError(key, str(error)) from error
        picture = decode_still(key, content)
        return tuple(stretched(picture, height, width) for height, width in sizes)


def decode_still(key: str, content: bytes) -> Pixels:
    """A JPEG as UINT8 [height, width, 3] in RGB. Raises UnreadableStillError."""
    try:
        with Image.open(BytesIO(content), formats=["JPEG"]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnreadableStillError(key, f"{image.width}×{image.height} pixels are too many")
            return np.asarray(image.convert("RGB"), np.uint8)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UnreadableStillError(key, str(error)) from error
