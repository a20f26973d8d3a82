"""Text of any script: harmless, and in the order in which it is read."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.report.adapters.writing import (
    begins_right_to_left,
    harmless,
    in_visual_order,
    is_right_to_left,
    needs_shaping,
)


def seen(line: str) -> str:
    return " ".join(in_visual_order(line.split(" "), line_right_to_left=begins_right_to_left(line)))


def test_latin_text_stays_as_it_is() -> None:
    assert seen("camera 12 at the gate") == "camera 12 at the gate"


def test_words_of_a_right_to_left_line_are_set_from_the_right() -> None:
    assert seen("שער ראשי") == "ראשי שער"


def test_a_right_to_left_name_inside_latin_text_turns_alone() -> None:
    assert seen("seen at שער ראשי by desk") == "seen at ראשי שער by desk"


def test_latin_words_and_their_number_keep_their_order_in_a_right_to_left_line() -> None:
    assert seen("שער camera 12 ראשי") == "ראשי camera 12 שער"


@given(some.text(alphabet="ab אב12.", max_size=40))
def test_no_word_is_lost_or_made(line: str) -> None:
    assert sorted(seen(line).split(" ")) == sorted(line.split(" "))


@pytest.mark.parametrize("override", ["\u202e", "\u2066", "\u200f", "\ufeff"])
def test_marks_that_could_reorder_a_name_are_shown_by_number(override: str) -> None:
    assert harmless(f"invoice{override}gpj.exe") == f"invoice[U+{ord(override):04X}]gpj.exe"


def test_control_characters_become_spaces_and_line_ends_are_one() -> None:
    assert harmless("a\x00b\x1bc\r\nd\re") == "a b c\nd\ne"


def test_joiners_that_languages_need_are_kept() -> None:
    assert harmless("می‌خواهم") == "می‌خواهم"


@pytest.mark.parametrize(
    ("text", "shaped", "turned"),
    [
        ("Lobby", False, False),
        ("Вход", False, False),
        ("מצלמה", True, True),
        ("हिन्दी", True, False),
        ("入口", False, False),
    ],
)
def test_scripts_that_join_or_turn_are_known(text: str, shaped: bool, turned: bool) -> None:
    assert (needs_shaping(text), is_right_to_left(text)) == (shaped, turned)
