"""The PDF, read back as a reader would."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from services.report.adapters.pdf import PdfPress
from services.report.model import Content
from tests.fakes.report import A_CLIP, A_SCENE, A_TRACK, PICTURES, REPORT, content


@pytest.fixture
def press(tmp_path: Path) -> PdfPress:
    """Prints with the bundled fonts alone."""
    return PdfPress(tmp_path / "no-fonts")


def pages_of(press: PdfPress, what: Content) -> list[str]:
    document = press.print(what, PICTURES)
    pages = [
        " ".join(page.get_textpage().get_text_bounded().split()) for page in pypdfium2.PdfDocument(document.content)
    ]
    assert len(pages) == document.pages
    return pages


def text_of(press: PdfPress, what: Content) -> str:
    return " ".join(pages_of(press, what))


def test_the_same_content_gives_the_same_bytes(press: PdfPress, tmp_path: Path) -> None:
    first = press.print(content(A_TRACK, A_SCENE), PICTURES).content
    again = PdfPress(tmp_path / "no-fonts").print(content(A_TRACK, A_SCENE), PICTURES).content
    assert hashlib.sha256(first).hexdigest() == hashlib.sha256(again).hexdigest()


def test_the_first_page_says_who_asked_for_what_and_when_in_both_clocks(press: PdfPress) -> None:
    first = pages_of(press, content(A_TRACK, A_SCENE))[0]
    assert "Entry to the lobby" in first
    assert "a person" in first
    assert "desk 4" in first
    assert "2026-03-03 10:01:02.000 +01:00 = 2026-03-03 09:01:02.000 UTC" in first
    assert "Europe/Berlin" in first


def test_a_hit_is_told_with_its_place_times_score_files_and_hashes(press: PdfPress) -> None:
    told = pages_of(press, content(replace(A_TRACK, note="carries a bag")))[1]
    assert "Hit 1: person, Lobby (Main building)" in told
    assert "2026-03-02 08:00:06.000 +01:00 = 2026-03-02 07:00:06.000 UTC" in told
    assert "0.312" in told
    assert "16.250 s (1.23 MB)" in told
    assert "lobby.mp4 (its start was given when it was handed in)" in told
    assert A_TRACK.original_sha256.hex() in told
    assert A_CLIP.sha256.hex() in told
    assert "carries a bag" in told


def test_where_a_start_was_read_from_the_file_the_report_says_so(press: PdfPress) -> None:
    assert "its start was read from its file" in text_of(press, content(replace(A_TRACK, start_given=False)))


def test_every_page_has_its_number_the_report_and_what_scores_and_clips_are(press: PdfPress) -> None:
    pages = pages_of(press, content(*(A_TRACK,) * 7))
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
        assert f"Report {REPORT}" in page
        assert "without re-encoding; scores are similarities and not identities" in page


def test_the_appendix_holds_the_hash_of_every_clip_and_each_original_once(press: PdfPress) -> None:
    clips = [replace(A_CLIP, sha256=bytes([number]) * 32) for number in range(3)]
    plain = content(A_TRACK, A_TRACK, A_SCENE)
    entries = tuple(replace(entry, clip=clip) for entry, clip in zip(plain.entries, clips, strict=True))
    last = pages_of(press, replace(plain, entries=entries))[-1]
    assert all(clip.sha256.hex() in last for clip in clips)
    assert last.count(A_TRACK.original_sha256.hex()) == 1
    assert "1, 2, 3" in last


def test_markup_in_a_note_a_name_or_a_title_is_text(press: PdfPress) -> None:
    hostile = "<b>x</b><script>alert(1)</script> & <img src='file:///etc/passwd'/> <para>"
    told = text_of(
        press,
        content(
            replace(A_TRACK, note=hostile, camera_name=hostile, site="<a href='//evil'>", filename="<br/>.mp4"),
            title=hostile,
            query=hostile,
            requested_by=hostile,
        ),
    )
    assert told.count("<script>alert(1)</script> & <img src='file:///etc/passwd'/>") >= 4
    assert "<br/>.mp4" in told


def test_names_in_other_scripts_are_readable(press: PdfPress) -> None:
    told = text_of(press, content(replace(A_TRACK, camera_name="Вход №3", site="Łódź", note="Είσοδος, Việt Nam")))
    assert "Вход №3 (Łódź)" in told
    assert "Είσοδος, Việt Nam" in told


def test_a_character_that_no_font_has_is_told_by_its_number(press: PdfPress) -> None:
    assert "gate [U+5165]" in text_of(press, content(replace(A_TRACK, camera_name="gate 入")))


def test_right_to_left_notes_of_many_lines_are_printed(press: PdfPress) -> None:
    note = "الشخص يدخل من الباب الرئيسي في الساعة 08:12 ثم يمشي نحو السيارة البيضاء " * 12
    assert pages_of(press, content(replace(A_TRACK, note=note)))


@pytest.mark.parametrize(
    "changes",
    [
        {"note": "word " * 800},
        {"note": "x" * 4000},
        {"note": "line\n" * 700},
        {"camera_name": "n" * 3000, "site": "s" * 3000, "filename": "f" * 3000},
        {"crop": None, "scene": None},
    ],
)
def test_long_or_missing_parts_do_not_stop_the_printing(press: PdfPress, changes: dict[str, Any]) -> None:
    assert "Appendix" in text_of(press, content(replace(A_TRACK, **changes), A_SCENE))


def test_a_title_and_a_query_as_long_as_they_may_be_fit(press: PdfPress) -> None:
    assert "Appendix" in text_of(press, content(title="t" * 300, query="q " * 2000, requested_by="r" * 4000))


def test_the_box_is_drawn_over_the_picture_and_not_into_it(press: PdfPress) -> None:
    document = press.print(content(A_TRACK), PICTURES).content
    pdf = pypdfium2.PdfDocument(document)
    embedded = [
        bytes(thing.get_data(decode_simple=False))
        for thing in pdf[1].get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE])
    ]
    assert PICTURES["sha256/scene.jpg"] in embedded


def test_a_hit_over_the_end_of_summer_time_shows_both_offsets(press: PdfPress) -> None:
    autumn = replace(
        A_TRACK,
        started_at=datetime(2026, 10, 25, 0, 59, 50, tzinfo=UTC),
        ended_at=datetime(2026, 10, 25, 1, 0, 10, tzinfo=UTC),
    )
    told = pages_of(press, content(autumn))[1]
    assert "2026-10-25 02:59:50.000 +02:00 = 2026-10-25 00:59:50.000 UTC" in told
    assert "2026-10-25 02:00:10.000 +01:00 = 2026-10-25 01:00:10.000 UTC" in told


def test_in_utc_each_time_is_given_once(press: PdfPress) -> None:
    told = pages_of(press, content(A_TRACK, time_zone="UTC"))[1]
    assert "First seen 2026-03-02 07:00:06.000 UTC Last seen" in told


def test_a_report_that_nobody_was_there_is_one_page_that_says_what_was_examined(press: PdfPress) -> None:
    told = "Was anyone there? No: nobody was seen. Examined: 1 camera, all 24 h that were asked about."
    (page,) = pages_of(press, replace(content(), entries=(), query=told))
    assert told in page
    assert "none: this report tells what was examined" in page
    assert "Objects that the detector did not find" in page
    assert "Handed over" in page
