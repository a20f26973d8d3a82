"""Stills are fetched ahead, decoded within limits, and come back in their order."""

from io import BytesIO
from threading import Lock
from time import sleep

import numpy as np
import pytest
from PIL import Image

from kit.objects import ObjectMissingError
from services.embed.adapters.pictures import AHEAD, StoredPictures, decode_still
from services.embed.model import StillGoneError, UnreadableStillError


def encoded(colour: int, size: tuple[int, int] = (24, 16), kind: str = "JPEG") -> bytes:
    out = BytesIO()
    Image.new("RGB", size, (colour, colour, colour)).save(out, kind)
    return out.getvalue()


class SlowBucket:
    """Every third object takes longer than its neighbours."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.contents = contents
        self.fetched = 0
        self._lock = Lock()

    def get(self, key: str) -> bytes:
        with self._lock:
            self.fetched += 1
        if int(key) % 3 == 0:
            sleep(0.01)
        if key not in self.contents:
            raise ObjectMissingError(key)
        return self.contents[key]


def pictures(bucket: SlowBucket) -> StoredPictures:
    return StoredPictures(bucket, threads=4)  # type: ignore[arg-type]  # of Objects only `get` is used


def test_stills_come_in_the_order_that_was_asked_for_in_every_size() -> None:
    bucket = SlowBucket({str(number): encoded(number) for number in range(20)})
    loaded = list(pictures(bucket).load([(str(number), [(8, 6), (4, 4)]) for number in range(20)]))
    assert [(large.shape, small.shape) for large, small in loaded] == [((3, 8, 6), (3, 4, 4))] * 20
    assert [int(small.mean().round()) for _, small in loaded] == list(range(20))


def test_only_a_little_is_fetched_ahead_of_its_reader() -> None:
    bucket = SlowBucket({str(number): encoded(1, (2, 2)) for number in range(4 * AHEAD)})
    loading = pictures(bucket).load([(str(number), [(2, 2)]) for number in range(4 * AHEAD)])
    next(loading)
    sleep(0.2)
    assert bucket.fetched <= AHEAD
    loading.close()  # type: ignore[attr-defined]  # a generator


def test_a_missing_still_says_which() -> None:
    with pytest.raises(StillGoneError, match="7"):
        list(pictures(SlowBucket({})).load([("7", [(2, 2)])]))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not a picture", id="text"),
        pytest.param(encoded(1)[:200], id="cut short"),
        pytest.param(encoded(1, kind="PNG"), id="another format"),
    ],
)
def test_what_is_no_whole_jpeg_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(UnreadableStillError, match="sha256/ab"):
        decode_still("sha256/ab", content)


def test_a_picture_of_too_many_pixels_is_refused() -> None:
    with pytest.raises(UnreadableStillError, match="too many"):
        decode_still("large", encoded(1, (8001, 8001)))


def test_a_grey_jpeg_becomes_rgb() -> None:
    out = BytesIO()
    Image.new("L", (5, 4), 200).save(out, "JPEG")
    picture = decode_still("grey", out.getvalue())
    assert picture.shape == (4, 5, 3)
    assert picture.dtype == np.uint8
