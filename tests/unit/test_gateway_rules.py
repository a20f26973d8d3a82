"""The gateway's rules: who sees what, how files are cut into parts, cursors, times, pictures."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.query import Reply
from contracts.search import SEARCH_QUERY, SearchAnswer, SearchRequest, SearchTimings
from contracts.task import Payload, TaskContract
from gateway.adapters.queries import ask_query
from gateway.model import Caller, key_hash
from gateway.pages import IdCursor, NameCursor, OrdinalCursor, TimeCursor, read_cursor, write_cursor
from gateway.pictures import picture_type
from gateway.refusals import InvalidFieldError, MediaTypeError, NotFoundError, PartsWrongError, UploadTooLargeError
from gateway.routes.search import wait_seconds
from gateway.uploads import LINKS_AT_ONCE, PartPlan, check_parts, plan_parts, read_numbers
from gateway.wall_clock import check_time_zone, in_zone, with_offset

MEBIBYTE = 1024 * 1024


def caller(*cameras: UUID, everywhere: bool = False) -> Caller:
    return Caller(uuid4(), uuid4(), "tests", frozenset(), None if everywhere else cameras)


def test_a_key_without_restriction_sees_every_camera() -> None:
    everyone = caller(everywhere=True)
    assert everyone.sees(uuid4())
    assert everyone.cameras is None
    assert everyone.narrowed(None) is None


def test_a_restricted_keys_queries_are_narrowed_to_its_cameras() -> None:
    lobby, gate = uuid4(), uuid4()
    restricted = caller(lobby, gate)
    assert restricted.narrowed(None) == (lobby, gate)
    assert restricted.narrowed([gate, gate]) == (gate,)
    with pytest.raises(NotFoundError):
        restricted.narrowed([lobby, uuid4()])


def test_a_key_restricted_to_no_camera_is_not_one_without_restriction() -> None:
    nobody = caller()
    assert nobody.narrowed(None) == ()
    assert nobody.cameras == []
    assert not nobody.sees(uuid4())


def test_a_keys_hash_is_that_of_its_whole_text() -> None:
    assert key_hash("sl_abc").hex() == "b9c48933cbeffb1be6ac3bd863c19c4f870a38f38677306ebbc30e8dead402fb"


@given(st.integers(1, 10**13))
def test_the_parts_cover_the_file_exactly_and_are_at_most_ten_thousand(size: int) -> None:
    plan = plan_parts(size, part_bytes=16 * MEBIBYTE, most_bytes=10**13)
    assert plan.count <= 10_000
    assert plan.part_bytes >= 16 * MEBIBYTE
    assert (plan.count - 1) * plan.part_bytes < size <= plan.count * plan.part_bytes


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(UploadTooLargeError):
        plan_parts(11, part_bytes=5, most_bytes=10)


@given(st.integers(1, 500), st.data())
def test_a_list_of_part_numbers_is_read(count: int, data: st.DataObject) -> None:
    plan = PartPlan(count * 10, 10)
    numbers = data.draw(st.lists(st.integers(1, count), min_size=1, max_size=LINKS_AT_ONCE))
    assert read_numbers(",".join(map(str, numbers)), plan) == numbers


@pytest.mark.parametrize("text", ["", "0", "4", "a", "1;2", "1,", "2-1", "-1", "1-99999," * 500 + "1"])
def test_a_list_of_part_numbers_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidFieldError):
        read_numbers(text, PartPlan(30, 10))


def test_without_numbers_the_first_parts_are_meant() -> None:
    assert read_numbers(None, PartPlan(30, 10)) == [1, 2, 3]
    assert len(read_numbers(None, PartPlan(10_000, 10))) == LINKS_AT_ONCE


def test_parts_are_joined_in_their_order() -> None:
    assert check_parts([(2, "b"), (1, "a")], PartPlan(15, 10)) == [(1, "a"), (2, "b")]


@pytest.mark.parametrize("parts", [[], [(1, "a")], [(1, "a"), (1, "b"), (2, "c")], [(1, "a"), (2, "b"), (3, "c")]])
def test_parts_that_are_not_those_of_the_file_are_refused(parts: list[tuple[int, str]]) -> None:
    with pytest.raises(PartsWrongError):
        check_parts(parts, PartPlan(15, 10))


@given(st.uuids(), st.text(max_size=50), st.integers(0, 10**6), st.datetimes(timezones=st.just(UTC)))
def test_a_cursor_comes_back_as_it_went(id_: UUID, name: str, ordinal: int, at: datetime) -> None:
    for cursor in (IdCursor(id_), NameCursor(name), OrdinalCursor(ordinal), TimeCursor(at, id_)):
        text = write_cursor(cursor)
        assert text.replace("-", "").replace("_", "").isalnum()
        assert read_cursor(text, type(cursor)) == cursor


@given(st.text(max_size=60))
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(InvalidFieldError, match="cursor"):
        read_cursor(text, TimeCursor)


def test_a_time_without_offset_is_never_given_one() -> None:
    with pytest.raises(InvalidFieldError, match="offset"):
        with_offset(datetime(2026, 3, 2, 8), "from")  # noqa: DTZ001 (that is the point)


def test_times_carry_the_offset_of_their_season() -> None:
    winter = in_zone(datetime(2026, 3, 2, 7, tzinfo=UTC), "Europe/Berlin")
    summer = in_zone(datetime(2026, 7, 2, 7, tzinfo=UTC), "Europe/Berlin")
    assert (winter.utcoffset(), summer.utcoffset()) == (timedelta(hours=1), timedelta(hours=2))


@pytest.mark.parametrize("name", ["Mars/Olympus", "", ".", "..", "/etc/localtime", "Europe", "EUROPE/BERLIN", "\0"])
def test_only_iana_zones_are_time_zones(name: str) -> None:
    with pytest.raises(InvalidFieldError):
        check_time_zone(name)
    assert check_time_zone("Europe/Berlin") == "Europe/Berlin"


def test_a_picture_is_known_by_its_first_bytes() -> None:
    assert picture_type(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert picture_type(b"\x89PNG\r\n\x1a\n\0") == "image/png"
    assert picture_type(b"RIFF\0\0\0\0WEBPVP8 ") == "image/webp"
    for other in (b"GIF89a", b"RIFF\0\0\0\0AVI ", b"<svg/>", b"\xff\xd8"):
        with pytest.raises(MediaTypeError):
            picture_type(other)


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, 10),
        ("wait=5", 5),
        ("respond-async, wait=3", 3),
        ("wait=0", 1),
        ("wait=999", 30),
        ("await=5", 10),
        ("", 10),
    ],
)
def test_the_client_says_how_long_it_waits(prefer: str | None, seconds: float) -> None:
    assert wait_seconds(prefer, 10) == seconds


def test_an_answer_of_the_search_service_is_handed_on() -> None:
    answer = SearchAnswer(hits=(), timings=SearchTimings(encode_ms=1, query_ms=2, total_ms=3))

    def ask(contract: TaskContract[Payload], message: str, seconds: float) -> str:
        assert msgspec.json.decode(message, type=SearchRequest).text == "a person"
        assert (contract, seconds) == (SEARCH_QUERY, 4)
        return msgspec.json.encode(Reply(answer=answer)).decode()

    assert ask_query(ask, SEARCH_QUERY, SearchRequest(tenant_id=uuid4(), text="a person"), seconds=4) == answer
