"""The tracking library behind its port: followed over gaps and cuts, its memory plain values."""

from collections.abc import Sequence

import msgspec
import pytest

from contracts.vocabulary import ObjectClass
from services.ingest.adapters.bytetrack import ByteTracks
from services.ingest.model.observation import Box, Detection


def walker(left: float, top: float = 0.3, score: float = 0.8) -> Detection:
    return Detection(Box(left, top, left + 0.1, top + 0.4), score, ObjectClass.PERSON)


def tracker(memory: dict[str, object] | None = None) -> ByteTracks:
    return ByteTracks(9 / 16, memory or {}, frames_per_second=5, missing_seconds=2.5)


def crossing(step: int) -> list[Detection]:
    """Two people who pass each other, one of them hidden for a while, and a car that stands."""
    people = [walker(0.05 + 0.02 * step), walker(0.85 - 0.02 * step, top=0.35, score=0.6)]
    hidden = 15 <= step < 20
    car = Detection(Box(0.6, 0.7, 0.9, 0.95), 0.5 + 0.01 * (step % 5), ObjectClass.CAR)
    return [*people[: 1 if hidden else 2], car]


def numbers(one: ByteTracks, steps: Sequence[int]) -> list[list[int | None]]:
    return [list(one.update(step * 200_000, crossing(step))) for step in steps]


def test_an_object_keeps_its_number_while_it_moves() -> None:
    answers = numbers(tracker(), range(14))
    assert answers[0] == [None, None, None]
    assert answers[1:] == [[0, 1, 0]] * 13


def test_somebody_hidden_for_a_second_keeps_the_number() -> None:
    answers = numbers(tracker(), range(30))
    assert answers[25] == [0, 1, 0]


def test_somebody_hidden_for_longer_than_the_patience_gets_a_new_number() -> None:
    one = tracker()
    numbers(one, range(5))
    later = [list(one.update(step * 200_000, [walker(0.15)])) for step in range(30, 33)]
    assert later[-1] == [2]


@pytest.mark.parametrize("cut", [1, 7, 16, 24])
def test_tracking_over_a_cut_equals_tracking_without_one(cut: int) -> None:
    whole = tracker()
    expected = numbers(whole, range(35))
    first = tracker()
    before = numbers(first, range(cut))
    carried = msgspec.msgpack.decode(msgspec.msgpack.encode(first.memory()))
    second = tracker(carried)
    assert before + numbers(second, range(cut, 35)) == expected
    assert second.memory() == whole.memory()


def test_an_empty_frame_moves_time_on() -> None:
    one = tracker()
    numbers(one, range(5))
    for step in range(5, 20):
        assert list(one.update(step * 200_000, [])) == []
    assert one.memory()["person"]["tracklets"] == []
