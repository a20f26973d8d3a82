"""The look of the document: its page, its colours, its type, its pictures."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from reportlab.lib.colors import HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, TableStyle

from services.report.adapters.typesetting import BOLD, MONO, PLAIN
from services.report.model import Box

INK, FAINT, ACCENT = HexColor("#1b2430"), HexColor("#5b6775"), HexColor("#173a63")
LINE, TINT, POINTER = HexColor("#c9d1da"), HexColor("#f2f5f8"), HexColor("#e8590c")

PAGE_WIDTH, PAGE_HEIGHT = A4
SIDE, TOP, BOTTOM = 18 * mm, 20 * mm, 25 * mm
TEXT_WIDTH = PAGE_WIDTH - 2 * SIDE


def _style(name: str, size: float, leading: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(name, **{"fontName": PLAIN, "textColor": INK, **more}, fontSize=size, leading=leading)


KICKER = _style("kicker", 8, 11, fontName=BOLD, textColor=ACCENT)
TITLE = _style("title", 19, 25, fontName=BOLD, spaceAfter=2 * mm)
HEADING = _style("heading", 12.5, 17, fontName=BOLD, textColor=ACCENT, spaceBefore=6 * mm, spaceAfter=2 * mm)
HIT_HEADING = _style("hit", 11, 15, fontName=BOLD, spaceBefore=7 * mm)
BODY = _style("body", 8.2, 11.6)
STATEMENT = _style("statement", 8.4, 12.2, spaceAfter=1.2 * mm)
NOTE = _style(
    "note",
    8.2,
    11.8,
    backColor=TINT,
    borderPadding=(5, 6, 6, 6),
    leftIndent=6,
    rightIndent=6,
    spaceBefore=8,
    spaceAfter=6,
)
KEY = _style("key", 7.8, 11.6, textColor=FAINT)
CELL = _style("cell", 8.2, 11.4)
CELL_HEAD = _style("cell-head", 7.6, 10.4, fontName=BOLD, textColor=white)
HASH = _style("hash", 7.4, 11.6, fontName=MONO)
CAPTION = _style("caption", 7.2, 9.8, textColor=FAINT)

FACTS_TABLE = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 1.2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.0),
        ("LINEBELOW", (0, 0), (-1, -2), 0.4, LINE),
    ]
)
LIST_TABLE = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("BACKGROUND", (0, 0), (-1, 0), ACCENT),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [white, TINT]),
        ("LEFTPADDING", (0, 0), (-1, -1), 5),
        ("RIGHTPADDING", (0, 0), (-1, -1), 5),
        ("TOPPADDING", (0, 0), (-1, -1), 3),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 4),
    ]
)
PICTURES_TABLE = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 6),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
)


class Picture(Flowable):
    """A stored picture, embedded as it is; a box, where there is one, is drawn over it, not into it."""

    def __init__(self, content: bytes, *, width: float, height: float, box: Box | None = None) -> None:
        """Fits the picture into width × height (points), enlarging it fourfold at most."""
        super().__init__()
        self._reader = ImageReader(BytesIO(content))
        pixels_wide, pixels_high = self._reader.getSize()
        scale = min(width / pixels_wide, height / pixels_high, 4.0)
        self.width, self.height = pixels_wide * scale, pixels_high * scale
        self._box = box

    def wrap(self, available_width: float, available_height: float) -> tuple[float, float]:  # noqa: ARG002 (reportlab's)
        """Its size in points."""
        return self.width, self.height

    def draw(self) -> None:
        """Draws it on the canvas."""
        canvas: Any = self.canv
        canvas.drawImage(self._reader, 0, 0, self.width, self.height, mask="auto")
        canvas.setStrokeColor(LINE)
        canvas.setLineWidth(0.5)
        canvas.rect(0, 0, self.width, self.height)
        if self._box is None:
            return
        left, top, right, bottom = (min(1.0, max(0.0, share)) for share in self._box)
        frame = (
            left * self.width,
            (1 - bottom) * self.height,
            (right - left) * self.width,
            (bottom - top) * self.height,
        )
        for colour, line in ((white, 2.6), (POINTER, 1.3)):
            canvas.setStrokeColor(colour)
            canvas.setLineWidth(line)
            canvas.rect(*frame)


DrawFrame = Callable[[Canvas, int, int], None]
"""Draws a page's header and footer: the canvas, the page's number, the number of pages."""


def numbered_canvas(draw: DrawFrame) -> type[Canvas]:
    """A canvas that draws headers and footers last, when the number of pages is known."""

    class NumberedCanvas(Canvas):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._finished: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 (reportlab's name)
            self._finished.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]

        def save(self) -> None:
            for number, state in enumerate(self._finished, start=1):
                self.__dict__.update(state)
                draw(self, number, len(self._finished))
                super().showPage()
            super().save()

    return NumberedCanvas
