"""The judge of read sentences, and what was read exactly once stays so."""

from dataclasses import replace
from datetime import time
from uuid import UUID

import pytest

from bench.sentences.form import CAMERAS, LEARNED, NOW, PLACES, Asked, Expected, sentences
from bench.sentences.judge import Kind, Verdict, judged, over_read, right
from contracts.vocabulary import ObjectClass
from services.search.model.reading import DayTime, Part, Phrase, Reading, Wish
from services.search.model.sentence import read_typed

VAN = Reading(
    text="van",
    classes=(ObjectClass.CAR, ObjectClass.TRUCK),
    camera_ids=(CAMERAS["yard"],),
    phrases=(Phrase(Part.CLASS, "van"),),
)
EXPECTED: Expected = {"classes": ["van"], "cameras": ["yard"]}


def verdict(reading: Reading, kind: Kind, expected: Expected | None = None, text: str = "yard van") -> Verdict:
    return judged(reading, [EXPECTED if expected is None else expected], text)[kind]


@pytest.mark.parametrize("asked", [one for one in sentences() if one.part == LEARNED], ids=lambda asked: asked.text)
def test_what_was_learned_from_is_read_exactly(asked: Asked) -> None:
    assert right(judged(read_typed(asked.text, now=NOW, places=PLACES), asked.readings, asked.text))


def test_a_sentence_is_right_where_all_of_it_is() -> None:
    verdicts = judged(VAN, [EXPECTED], "yard van")
    assert right(verdicts)
    assert {kind for kind, one in verdicts.items() if one is Verdict.RIGHT} == {Kind.CLASS, Kind.PLACE}


def test_a_filter_too_many_is_worse_than_one_that_is_missing() -> None:
    missed = judged(replace(VAN, camera_ids=None), [EXPECTED], "yard van")
    wrong = judged(replace(VAN, camera_ids=(UUID(int=9),)), [EXPECTED], "yard van")
    assert (missed[Kind.PLACE], wrong[Kind.PLACE]) == (Verdict.MISSED, Verdict.OVER)
    assert (over_read(missed), over_read(wrong)) == (False, True)
    assert verdict(replace(VAN, count=2), Kind.COUNT) is Verdict.OVER
    assert verdict(replace(VAN, attributes=(Wish("vehicle.colour", "red"),)), Kind.ATTRIBUTE) is Verdict.OVER


def test_only_vague_words_may_have_another_width() -> None:
    expected = {"time_of_day": ["12:00", "14:00"]}
    wider = Reading(text="", day_time=DayTime(time(11, 30), time(14)))
    assert verdict(wider, Kind.TIME, expected, "over lunch") is Verdict.RIGHT
    assert verdict(wider, Kind.TIME, expected, "12:00-14:00") is Verdict.OVER


def test_words_that_were_taken_from_the_description_are_lost() -> None:
    expected = {"classes": ["van"], "rest": "ladder"}
    assert verdict(replace(VAN, text="van"), Kind.REST, expected) is Verdict.OVER
    assert verdict(replace(VAN, text="van ladder"), Kind.REST, expected) is Verdict.RIGHT
    assert verdict(replace(VAN, text="van ladder yard"), Kind.REST, expected) is Verdict.MISSED
