"""Sets text of any script: DejaVu is inside every document; what it lacks is looked for among the machine's fonts.

Covered everywhere: Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew, Arabic, Vietnamese, IPA, mathematical and many
other signs (DejaVu 2.37). With the Noto and Droid fonts that the image carries: the scripts of India, Thai, Lao, Khmer,
Burmese, Ethiopic, Chinese, Japanese, Korean and many more. A character that no font has is printed as its number,
`[U+1F600]`, never left out.
"""

import logging
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from fontTools.ttLib import TTFont as FontFile
from fontTools.ttLib import TTLibError
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.platypus import Paragraph

from services.report.adapters.writing import (
    begins_right_to_left,
    harmless,
    in_visual_order,
    is_right_to_left,
    needs_shaping,
)

_LOG = logging.getLogger(__name__)

PLAIN, BOLD, MONO = "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono"
"""Names under which the bundled fonts are registered, and their files' stems."""

_UNWANTED = ("Bold", "Italic", "Oblique", "Light", "Thin", "Black", "Condensed", "Serif", "Mono", "Display", "DejaVu")
"""Words in the names of font files that are not asked for missing characters."""


class FontsMissingError(Exception):
    """The package that carries the bundled fonts is not installed."""


class Typesetter:
    """Turns texts into paragraphs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        register_bundled_fonts()

    def paragraph(self, text: str, style: ParagraphStyle, width: float) -> Paragraph:
        """The text as a paragraph of this width (points). Nothing in it is taken for markup."""
        lines = harmless(text).strip("\n").split("\n")
        if is_right_to_left(text):
            return self._right_to_left(lines, style, width)
        shaping = needs_shaping(text)
        markup = "<br/>".join(self._markup(line, style.fontName, shaping=shaping) for line in lines)
        return Paragraph(markup, _shaped(style) if shaping else style)

    def width(self, text: str, style: ParagraphStyle) -> float:
        """How long the text is on one line, in points."""
        return sum(
            stringWidth(run, font, style.fontSize) for font, run in self._runs(text, style.fontName, shaping=False)
        )

    def _right_to_left(self, lines: list[str], style: ParagraphStyle, width: float) -> Paragraph:
        # Lines are broken before their words are put in visual order: the other way round, the last words come first.
        # Shaping can only make a line shorter by its ligatures or longer by a little: leave room for that.
        room = (width - style.leftIndent - style.rightIndent) * 0.94
        seen: list[str] = []
        for line in lines:
            from_right = begins_right_to_left(line)
            for words in self._broken(line.split(" "), style, room):
                ordered = in_visual_order(words, line_right_to_left=from_right)
                seen.append(" ".join(self._markup(word, style.fontName, shaping=True) for word in ordered))
        shaped = _shaped(style)
        if begins_right_to_left(lines[0]):
            shaped.alignment = TA_RIGHT
        return Paragraph("<br/>".join(seen), shaped)

    def _broken(self, words: list[str], style: ParagraphStyle, room: float) -> Iterator[list[str]]:
        line: list[str] = []
        for word in words:
            if line and self.width(" ".join([*line, word]), style) > room:
                yield line
                line = []
            line.append(word)
        yield line

    def _markup(self, text: str, font: str, *, shaping: bool) -> str:
        return "".join(
            escape(run) if name == font else f'<font name="{name}">{escape(run)}</font>'
            for name, run in self._runs(text, font, shaping=shaping)
        )

    def _runs(self, text: str, font: str, *, shaping: bool) -> Iterator[tuple[str, str]]:
        """Pieces of the text with the font that draws each. A word stays in one font where one has all of it.

        reportlab shapes a word with its first letter's font, so that letters of a second font come out wrong: where
        letters are shaped, such a word is set as two."""
        current, run = font, ""
        for piece in _words_and_gaps(text):
            for place, (name, part) in enumerate(self._fonts_of(piece, font, current)):
                if name != current and run:
                    yield current, f"{run} " if shaping and place else run
                    run = ""
                current, run = name, run + part
        if run:
            yield current, run

    def _fonts_of(self, piece: str, font: str, current: str) -> Iterator[tuple[str, str]]:
        if _covers(font, piece):
            yield font, piece
            return
        for candidate in (current, *self._spare_fonts(piece)):
            if _covers(candidate, piece):
                yield candidate, piece
                return
        for character in piece:
            if _covers(font, character):
                yield font, character
                continue
            spare = next((name for name in self._spare_fonts(character) if _covers(name, character)), None)
            yield (font, f"[U+{ord(character):04X}]") if spare is None else (spare, character)

    def _spare_fonts(self, piece: str) -> Iterator[str]:
        for path in spare_font_files(self._folder):
            if _file_has(path, piece):
                name = _registered(path)
                if name is not None:
                    yield name


def register_bundled_fonts() -> None:
    """Makes DejaVu known to reportlab. Raises FontsMissingError."""
    # The package is only looked up, never imported: it is there for its fonts.
    found = find_spec("matplotlib")
    if found is None or not found.submodule_search_locations:
        raise FontsMissingError("the package matplotlib, which carries the DejaVu fonts, is not installed")
    folder = Path(found.submodule_search_locations[0]) / "mpl-data" / "fonts" / "ttf"
    for name in (PLAIN, BOLD, MONO):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))
    pdfmetrics.registerFontFamily(PLAIN, normal=PLAIN, bold=BOLD, italic=PLAIN, boldItalic=BOLD)


@cache
def spare_font_files(folder: Path) -> tuple[Path, ...]:
    """TrueType files of a folder that may be asked for missing characters, in a fixed order."""
    if not folder.is_dir():
        return ()
    files = (path for path in folder.rglob("*.ttf") if not any(word in path.stem for word in _UNWANTED))
    return tuple(sorted(files, key=lambda path: ("Noto" not in path.stem, "Sans" not in path.stem, path.stem)))


@cache
def _characters(path: Path) -> frozenset[int]:
    try:
        with FontFile(path, lazy=True) as font:
            # Weights of a variable font cannot be chosen in a PDF; PostScript outlines reportlab does not embed.
            usable = "glyf" in font and "fvar" not in font
            return frozenset(font.getBestCmap() or ()) if usable else frozenset()
    except (TTLibError, OSError) as error:
        _LOG.warning("font not used", extra={"font": str(path), "cause": str(error)})
        return frozenset()


def _file_has(path: Path, text: str) -> bool:
    return all(ord(character) in _characters(path) for character in text)


@cache
def _registered(path: Path) -> str | None:
    try:
        pdfmetrics.registerFont(TTFont(path.stem, str(path)))
    except (TTFError, OSError) as error:
        _LOG.warning("font not used", extra={"font": str(path), "cause": str(error)})
        return None
    pdfmetrics.registerFontFamily(path.stem, normal=path.stem, bold=path.stem, italic=path.stem, boldItalic=path.stem)
    return path.stem


def _covers(font: str, text: str) -> bool:
    known: Any = pdfmetrics.getFont(font)
    return all(ord(character) in known.face.charToGlyph for character in text)


def _words_and_gaps(text: str) -> Iterator[str]:
    piece = ""
    for character in text:
        if character == " ":
            if piece:
                yield piece
            yield " "
            piece = ""
        else:
            piece += character
    if piece:
        yield piece


def _shaped(style: ParagraphStyle) -> ParagraphStyle:
    return ParagraphStyle(f"{style.name}-shaped", parent=style, shaping=1)
