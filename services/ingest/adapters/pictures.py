"""What is done with decoded pictures, by OpenCV (`ports.Pictures`). Nothing from outside is parsed here."""

import cv2
import numpy as np

from services.ingest.model.observation import Box
from services.ingest.ports import Picture


class OpenCvPictures:
    """Crops, sharpness and JPEG."""

    def cut_out(self, picture: Picture, box: Box) -> Picture:
        """A copy of what the box encloses, at least one pixel."""
        height, width = picture.shape[:2]
        left, top = min(width - 1, int(box.left * width)), min(height - 1, int(box.top * height))
        right = min(width, max(left + 1, round(box.right * width)))
        bottom = min(height, max(top + 1, round(box.bottom * height)))
        return picture[top:bottom, left:right].copy()

    def sharpness(self, picture: Picture) -> float:
        """Variance of the Laplacian of its luma (Pech-Pacheco et al., 2000)."""
        return float(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())

    def jpeg(self, picture: Picture, *, quality: int, max_width: int | None = None) -> tuple[bytes, int, int]:
        """Encoded, narrower where it is too wide; with its width and height."""
        height, width = picture.shape[:2]
        if max_width is not None and width > max_width:
            size = (max_width, max(1, round(height * max_width / width)))
            picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        encoded, content = cv2.imencode(
            ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
        )
        if not encoded:
            raise RuntimeError(f"OpenCV could not encode a picture of {width} × {height}")
        return content.tobytes(), picture.shape[1], picture.shape[0]
