"""The document: what an investigator hands on. Made with reportlab; the same content gives the same bytes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from reportlab import rl_config
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    HRFlowable,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Spacer,
    Table,
)

from contracts.vocabulary import ItemKind
from services.report.adapters import layout
from services.report.adapters.typesetting import BOLD, PLAIN, Typesetter
from services.report.model import Content, Document, Entry, Sighting, Still, zone

# Pictures lie in the file as they are, not spelled out in letters, which would make it a quarter larger.
rl_config.useA85 = 0

CLIP_STATEMENT = "Clips are cut from the stored footage without re-encoding"
SCORE_STATEMENT = "scores are similarities and not identities"
FOOTER = f"{CLIP_STATEMENT}; {SCORE_STATEMENT}."

_PICTURE_HEIGHT = 47 * mm
"""So that two hits with short notes fit on a page."""

_LONGEST = 500
"""Characters of a name that are shown; what is longer is cut short with a mark."""


class PdfPress:
    """Prints reports (`ports.Press`)."""

    def __init__(self, fonts: Path) -> None:
        self._typesetter = Typesetter(fonts)

    def print(self, content: Content, pictures: Mapping[str, bytes]) -> Document:
        """The PDF; the same bytes for the same content, pictures and fonts."""
        return _Edition(content, pictures, self._typesetter).print()


class _Edition:
    """One document in the making."""

    def __init__(self, content: Content, pictures: Mapping[str, bytes], typesetter: Typesetter) -> None:
        self._content = content
        self._pictures = pictures
        self._typesetter = typesetter
        self._zone = zone(content.time_zone)

    def print(self) -> Document:
        target = BytesIO()
        # invariant: no clock and no random id in the file.
        template = BaseDocTemplate(
            target,
            pagesize=(layout.PAGE_WIDTH, layout.PAGE_HEIGHT),
            leftMargin=layout.SIDE,
            rightMargin=layout.SIDE,
            topMargin=layout.TOP,
            bottomMargin=layout.BOTTOM,
            title=self._content.title,
            author=self._content.requested_by,
            subject=f"Report {self._content.report_id}",
            creator="Sightline",
            lang="en",
            invariant=1,
        )
        frame = Frame(
            layout.SIDE,
            layout.BOTTOM,
            layout.TEXT_WIDTH,
            layout.PAGE_HEIGHT - layout.TOP - layout.BOTTOM,
            leftPadding=0,
            rightPadding=0,
            topPadding=0,
            bottomPadding=0,
        )
        template.addPageTemplates(PageTemplate("page", [frame]))
        template.build(list(self._story()), canvasmaker=layout.numbered_canvas(self._page_marks))
        return Document(target.getvalue(), template.page)

    def _story(self) -> Iterator[Flowable]:
        yield from self._opening()
        if not self._content.entries:
            # That nobody was there is the answer to a question; there is nothing to show, and nothing to hash.
            yield KeepTogether(list(self._handing_over()))
            return
        yield from self._summary()
        yield PageBreak()
        for number, entry in enumerate(self._content.entries, start=1):
            yield from self._hit(number, entry)
        yield PageBreak()
        yield from self._appendix()

    # The first page

    def _opening(self) -> Iterator[Flowable]:
        content = self._content
        yield self._text("VIDEO EVIDENCE REPORT", layout.KICKER)
        yield self._text(_short(content.title) or "Untitled", layout.TITLE)
        yield HRFlowable(width="100%", thickness=1.2, color=layout.ACCENT, spaceBefore=1, spaceAfter=6)
        sightings = [entry.sighting for entry in content.entries]
        yield self._facts(
            [
                ("Looked for", content.query or "not stated"),
                ("Requested by", content.requested_by or "not stated"),
                ("Requested", self._moment(content.requested_at)),
                ("Times", f"in the zone {content.time_zone} with its offset from UTC, and in UTC"),
                *self._found(sightings),
                ("Report", str(content.report_id)),
            ]
        )
        yield self._text("What this document says, and what it does not", layout.HEADING)
        for statement in self._statements():
            yield self._text(statement, layout.STATEMENT)

    def _found(self, sightings: Sequence[Sighting]) -> Iterator[tuple[str, str]]:
        if not sightings:
            yield "Hits", "none: this report tells what was examined and that nothing was found in it"
            return
        cameras = dict.fromkeys(sighting.camera_name for sighting in sightings)
        yield "Hits", f"{len(sightings)}, from {_counted(len(cameras), 'camera')}: {_listed(cameras)}"
        yield "First seen", self._moment(min(sighting.started_at for sighting in sightings))
        yield "Last seen", self._moment(max(sighting.ended_at for sighting in sightings))

    def _statements(self) -> Iterator[str]:
        if not self._content.entries:
            yield (
                "That nothing was found holds for the footage that was examined, as stated above, and for no other. "
                "Objects that the detector did not find, or did not take for what was asked for, are not ruled out."
            )
            return
        yield (
            f"{CLIP_STATEMENT}: their frames are those that were recorded, byte for byte. A clip can only begin at a "
            "key frame, so it begins at or before the moment asked for; its true start and end are given with each "
            f"hit. At least {self._content.margin_seconds:g} s before and after each hit were kept where the recording "
            "has them."
        )
        yield (
            "Scores are similarities and not identities. A score (between -1 and 1) says how alike a hit and what was "
            "looked for are to a model. It is not a probability and does not say who or whose somebody or something "
            "is. Whoever relies on a hit must look at its clip."
        )
        yield (
            "Times are counted from each recording's start, which was either given when the recording was handed in or "
            "read from its file, as stated with each hit. They are as right as that start is."
        )
        yield (
            "Pictures were taken out of the decoded footage for finding and showing; the frame drawn around an object "
            "in a whole picture was put over it for this document. The footage itself is the evidence."
        )

    def _summary(self) -> Iterator[Flowable]:
        widths = [9 * mm, 51 * mm, 20 * mm, 37 * mm, 26 * mm, 14 * mm, layout.TEXT_WIDTH - 157 * mm]
        heads = ("#", "Camera", "Class", "First seen", "Last seen", "Score", "Clip")
        rows = [[self._cell(head, width, layout.CELL_HEAD) for head, width in zip(heads, widths, strict=True)]]
        for number, entry in enumerate(self._content.entries, start=1):
            sighting = entry.sighting
            texts = (
                str(number),
                _short(_place(sighting), 120),
                _class(sighting),
                f"{self._local(sighting.started_at):%Y-%m-%d %H:%M:%S}",
                f"{self._local(sighting.ended_at):%H:%M:%S}",
                _score(sighting, missing="–"),
                f"{entry.clip.seconds:.1f} s",
            )
            rows.append([self._cell(text, width) for text, width in zip(texts, widths, strict=True)])
        yield CondPageBreak(50 * mm)
        yield self._text(f"Hits (times in {self._content.time_zone})", layout.HEADING)
        yield Table(rows, colWidths=widths, repeatRows=1, style=layout.LIST_TABLE)

    # A hit

    def _hit(self, number: int, entry: Entry) -> Iterator[Flowable]:
        sighting, clip = entry.sighting, entry.clip
        block: list[Flowable] = [
            self._text(f"Hit {number}: {_class(sighting)}, {_short(_place(sighting), 120)}", layout.HIT_HEADING),
            HRFlowable(width="100%", thickness=0.8, color=layout.ACCENT, spaceBefore=1, spaceAfter=5),
            self._stills(sighting),
            Spacer(1, 2 * mm),
            self._facts(
                [
                    ("First seen", self._moment(sighting.started_at)),
                    ("Last seen", self._moment(sighting.ended_at)),
                    (
                        "Class and score",
                        f"{_class(sighting)}, {_score(sighting, missing='no score: not chosen from a search')}",
                    ),
                    ("Clip begins", self._moment(clip.started_at)),
                    ("Clip ends", self._moment(clip.ended_at)),
                    ("Clip's length", f"{clip.seconds:.3f} s ({_bytes(clip.size_bytes)})"),
                    ("Recording", f"{_short(sighting.filename)} (its start was {_start(sighting)})"),
                    ("Original SHA-256", sighting.original_sha256.hex()),
                    ("Clip SHA-256", clip.sha256.hex()),
                ]
            ),
        ]
        if sighting.note:
            block += [self._text("Note", layout.KEY), self._text(sighting.note, layout.NOTE)]
        yield KeepTogether(block)

    def _stills(self, sighting: Sighting) -> Flowable:
        shown: list[tuple[Still, str]] = []
        if sighting.scene is not None:
            drawn = "; the frame marks the object" if sighting.scene.box is not None else ""
            shown.append((sighting.scene, f"Whole picture at {self._clock(sighting.scene.at)}{drawn}"))
        if sighting.crop is not None:
            shown.append((sighting.crop, f"Best view, {self._clock(sighting.crop.at)}"))
        if not shown:
            return self._text("No picture of this hit is stored.", layout.CAPTION)
        pictures = [
            layout.Picture(self._pictures[still.object_key], width=100 * mm, height=_PICTURE_HEIGHT, box=still.box)
            for still, _ in shown
        ]
        widths = [max(picture.width + 5 * mm, 58 * mm) for picture in pictures]
        captions = [
            self._cell(caption, width, layout.CAPTION) for (_, caption), width in zip(shown, widths, strict=True)
        ]
        return Table([pictures, captions], colWidths=widths, style=layout.PICTURES_TABLE, hAlign="LEFT")

    # The last pages

    def _appendix(self) -> Iterator[Flowable]:
        yield self._text("Appendix: hashes", layout.HEADING)
        yield self._text(
            "A hash (SHA-256) is a fingerprint of a file: if a single bit of the file changes, so does the hash. To "
            "check a file, let a computer work out its hash (Linux: sha256sum FILE; macOS: shasum -a 256 FILE; "
            "Windows: certutil -hashfile FILE SHA256) and compare it with the one below.",
            layout.STATEMENT,
        )
        yield Spacer(1, 2 * mm)
        widths = [14 * mm, 42 * mm, layout.TEXT_WIDTH - 56 * mm]
        heads = [
            self._cell(head, width, layout.CELL_HEAD)
            for head, width in zip(("Hit", "File", "SHA-256"), widths, strict=True)
        ]
        rows = [heads, *self._hash_rows(widths)]
        yield Table(rows, colWidths=widths, repeatRows=1, style=layout.LIST_TABLE)
        yield Spacer(1, 8 * mm)
        yield KeepTogether(list(self._handing_over()))

    def _hash_rows(self, widths: Sequence[float]) -> Iterator[list[Flowable]]:
        originals: dict[tuple[str, bytes], list[str]] = {}
        for number, entry in enumerate(self._content.entries, start=1):
            clip = entry.clip
            texts = (str(number), f"clip of hit {number} ({_bytes(clip.size_bytes)})")
            yield [
                *(self._cell(text, width) for text, width in zip(texts, widths, strict=False)),
                self._cell(clip.sha256.hex(), widths[2], layout.HASH),
            ]
            original = (entry.sighting.filename, entry.sighting.original_sha256)
            originals.setdefault(original, []).append(str(number))
        for (filename, digest), numbers in originals.items():
            texts = (", ".join(numbers), f"original: {_short(filename, 200)}")
            yield [
                *(self._cell(text, width) for text, width in zip(texts, widths, strict=False)),
                self._cell(digest.hex(), widths[2], layout.HASH),
            ]

    def _handing_over(self) -> Iterator[Flowable]:
        yield self._text("Handed over", layout.HEADING)
        gap = 10 * mm
        width = (layout.TEXT_WIDTH - gap) / 2
        rows: list[list[Any]] = [[self._cell("By", width, layout.KEY), "", self._cell("To", width, layout.KEY)]]
        for label in ("Name and function", "Place and date", "Signature"):
            rows.append([Spacer(1, 8 * mm), "", ""])
            rows.append([self._cell(label, width, layout.CAPTION), "", self._cell(label, width, layout.CAPTION)])
        lines: list[Any] = [
            ("LINEABOVE", (column, row), (column, row), 0.5, layout.FAINT)
            for row in range(2, len(rows), 2)
            for column in (0, 2)
        ]
        yield Table(rows, colWidths=[width, gap, width], style=[("LEFTPADDING", (0, 0), (-1, -1), 0), *lines])

    # Every page

    def _page_marks(self, canvas: Canvas, number: int, pages: int) -> None:
        marks: Any = canvas
        left, right = layout.SIDE, layout.PAGE_WIDTH - layout.SIDE
        marks.saveState()
        marks.setStrokeColor(layout.LINE)
        marks.setLineWidth(0.5)
        marks.line(left, 17 * mm, right, 17 * mm)
        marks.setFillColor(layout.FAINT)
        marks.setFont(PLAIN, 7)
        marks.drawString(left, 13 * mm, f"Report {self._content.report_id}")
        marks.drawString(left, 9.4 * mm, FOOTER)
        marks.setFont(BOLD, 7)
        marks.drawRightString(right, 13 * mm, f"Page {number} of {pages}")
        if number > 1:
            marks.setFillColor(layout.FAINT)
            head = self._text(_short(self._content.title, 90), layout.CAPTION)
            _, height = head.wrap(layout.TEXT_WIDTH, 20 * mm)
            head.drawOn(canvas, left, layout.PAGE_HEIGHT - 9 * mm - height)
        marks.restoreState()

    # Pieces

    def _text(self, text: str, style: ParagraphStyle) -> Flowable:
        return self._typesetter.paragraph(text, style, layout.TEXT_WIDTH)

    def _cell(self, text: str, width: float, style: ParagraphStyle = layout.CELL) -> Flowable:
        return self._typesetter.paragraph(text, style, width - 10)

    def _facts(self, facts: Sequence[tuple[str, str]]) -> Flowable:
        widths = [32 * mm, layout.TEXT_WIDTH - 32 * mm]
        rows = [
            [
                self._cell(key, widths[0], layout.KEY),
                self._cell(value, widths[1], layout.HASH if key.endswith("SHA-256") else layout.BODY),
            ]
            for key, value in facts
        ]
        return Table(rows, colWidths=widths, style=layout.FACTS_TABLE)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone)

    def _clock(self, moment: datetime) -> str:
        return f"{_milliseconds(self._local(moment))} {_offset(self._local(moment))}"

    def _moment(self, moment: datetime) -> str:
        local = self._local(moment)
        shown = f"{local:%Y-%m-%d} {_milliseconds(local)} {_offset(local)}"
        if self._zone == ZoneInfo("UTC"):
            return f"{local:%Y-%m-%d} {_milliseconds(local)} UTC"
        utc = moment.astimezone(UTC)
        return f"{shown}   =   {utc:%Y-%m-%d} {_milliseconds(utc)} UTC"


def _milliseconds(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"


def _offset(moment: datetime) -> str:
    return moment.isoformat()[-6:]


def _place(sighting: Sighting) -> str:
    return f"{sighting.camera_name} ({sighting.site})" if sighting.site else sighting.camera_name


def _class(sighting: Sighting) -> str:
    return sighting.object_class or ItemKind.SCENE.value


def _score(sighting: Sighting, *, missing: str) -> str:
    return missing if sighting.score is None else f"{sighting.score:.3f}"


def _start(sighting: Sighting) -> str:
    return "given when it was handed in" if sighting.start_given else "read from its file"


def _bytes(size: int) -> str:
    return f"{size / 1_000_000:.2f} MB" if size >= 100_000 else f"{size:,} bytes".replace(",", " ")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _listed(names: Mapping[str, None], most: int = 12) -> str:
    shown = ", ".join(_short(name, 60) for name in list(names)[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _short(text: str, longest: int = _LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
