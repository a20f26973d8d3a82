"""A contact sheet: the hits of several searches as one picture, a row of thumbnails a search."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

CELL = (200, 200)
"""Width and height of a thumbnail's place, in pixels."""
CAPTION_HEIGHT = 40
HEADING_HEIGHT = 34
MARGIN = 12

_PAPER = "#f6f6f4"
_INK = "#1b1b1b"
_FAINT = "#6b6b6b"
_PLACE = "#e4e4e0"


@dataclass(frozen=True)
class Thumbnail:
    """One hit on the sheet."""

    picture: bytes
    """JPEG or PNG."""
    caption: tuple[str, str]
    """Two short lines below it."""


@dataclass(frozen=True)
class Row:
    """One search."""

    heading: str
    thumbnails: Sequence[Thumbnail]
    """Best first."""


def write_contact_sheet(path: Path, rows: Sequence[Row], *, columns: int = 6) -> None:
    """Draws the sheet as a PNG, at most `columns` hits a row."""
    width = MARGIN + columns * (CELL[0] + MARGIN)
    row_height = HEADING_HEIGHT + CELL[1] + CAPTION_HEIGHT + MARGIN
    sheet = Image.new("RGB", (width, MARGIN + max(1, len(rows)) * row_height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    heading_font, caption_font = ImageFont.load_default(19), ImageFont.load_default(13)
    for number, row in enumerate(rows):
        top = MARGIN + number * row_height
        draw.text((MARGIN, top), row.heading, fill=_INK, font=heading_font)
        for column, thumbnail in enumerate(row.thumbnails[:columns]):
            left = MARGIN + column * (CELL[0] + MARGIN)
            place = (left, top + HEADING_HEIGHT, left + CELL[0], top + HEADING_HEIGHT + CELL[1])
            draw.rectangle(place, fill=_PLACE)
            _paste_inside(sheet, thumbnail.picture, place)
            for line, text in enumerate(thumbnail.caption):
                draw.text((left, place[3] + 3 + line * 17), text, fill=_INK if line == 0 else _FAINT, font=caption_font)
        if not row.thumbnails:
            draw.text((MARGIN, top + HEADING_HEIGHT), "no hits", fill=_FAINT, font=caption_font)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path, "PNG", optimize=True)


def _paste_inside(sheet: Image.Image, picture: bytes, place: tuple[int, int, int, int]) -> None:
    with Image.open(io.BytesIO(picture)) as opened:
        thumbnail = opened.convert("RGB")
    scale = min((place[2] - place[0]) / thumbnail.width, (place[3] - place[1]) / thumbnail.height)
    size = (max(1, round(thumbnail.width * scale)), max(1, round(thumbnail.height * scale)))
    left = place[0] + (place[2] - place[0] - size[0]) // 2
    top = place[1] + (place[3] - place[1] - size[1]) // 2
    sheet.paste(thumbnail.resize(size, Image.Resampling.LANCZOS), (left, top))
