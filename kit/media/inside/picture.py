"""Decodes a single picture."""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from kit.media.errors import DamagedMediaError, NotMediaError, PictureTooLargeError
from kit.media.inside.demux import check_size
from kit.media.limits import PICTURE_FORMATS, Limits


def preload() -> None:
    """Loads the plugins of the formats, which Pillow otherwise does when the first picture comes."""
    picture = io.BytesIO()
    Image.new("RGB", (2, 2)).save(picture, "WEBP")
    Image.open(picture, formats=PICTURE_FORMATS).load()


def decode(content: bytes, limits: Limits) -> NDArray[np.uint8]:
    """RGB, uint8 [height, width, 3], upright. Raises MediaError."""
    Image.MAX_IMAGE_PIXELS = limits.pixels
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            picture = Image.open(io.BytesIO(content), formats=PICTURE_FORMATS)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise PictureTooLargeError(
                f"the picture is over {limits.pixels / 1e6:.0f} megapixels: send it smaller"
            ) from error
        except (OSError, ValueError, SyntaxError) as error:
            raise NotMediaError("the picture is not a JPEG, PNG or WebP that can be read") from error
        check_size(picture.width, picture.height, limits)
        try:
            picture.load()
            upright = ImageOps.exif_transpose(picture)
            return np.asarray(upright.convert("RGB"))
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise DamagedMediaError("the picture is cut off or damaged: send it again") from error
