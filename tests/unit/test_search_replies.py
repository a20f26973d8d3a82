"""Whatever happens inside, the caller of a search gets a reply that can be read."""

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from contracts.query import Reply
from contracts.search import SEARCH_QUERY, SearchAnswer, SearchRequest, SearchTimings
from services.search.model.errors import (
    BadPictureError,
    BadRequestError,
    ModelsUnavailableError,
    StoreUnavailableError,
    UnknownTrackError,
)
from services.search.tasks import reply_to

EMPTY = SearchAnswer(hits=(), timings=SearchTimings(encode_ms=1, query_ms=2, total_ms=3))


class Told:
    """Answers, or fails, as told."""

    def __init__(self, outcome: SearchAnswer | Exception) -> None:
        self.outcome = outcome

    def answer(self, request: SearchRequest) -> SearchAnswer:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome


def reply(outcome: SearchAnswer | Exception, message: str | None = None) -> Reply[SearchAnswer]:
    request = msgspec.json.encode(SearchRequest(tenant_id=uuid4(), text="a person")).decode()
    told: Any = Told(outcome)
    replied = reply_to(SEARCH_QUERY, lambda: told.answer, request if message is None else message)
    assert msgspec.json.decode(msgspec.json.encode(replied), type=Reply[SearchAnswer]) == replied
    return replied


def test_an_answer_comes_back_as_it_is() -> None:
    assert reply(EMPTY) == Reply(answer=EMPTY)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadRequestError("no"), "bad_request"),
        (UnknownTrackError(uuid4(), "is not there"), "unknown_track"),
        (BadPictureError("no"), "bad_picture"),
        (ModelsUnavailableError("no"), "models_unavailable"),
        (StoreUnavailableError("no"), "store_unavailable"),
    ],
)
def test_what_went_wrong_has_a_stable_code_and_its_message(error: Exception, code: str) -> None:
    replied = reply(error)
    assert replied.answer is None
    assert replied.fault is not None
    assert (replied.fault.code, replied.fault.message) == (code, str(error))


def test_a_surprise_inside_becomes_a_fault_that_tells_no_secrets() -> None:
    fault = reply(RuntimeError("password=hunter2")).fault
    assert fault is not None
    assert fault.code == "internal"
    assert "hunter2" not in fault.message


@pytest.mark.parametrize("message", ["", "{}", "not json", '{"tenant_id": 7}'])
def test_a_message_that_is_no_request_is_a_bad_request(message: str) -> None:
    fault = reply(EMPTY, message).fault
    assert fault is not None
    assert fault.code == "bad_request"


def test_a_service_that_cannot_be_put_together_still_replies() -> None:
    def make() -> Any:
        raise RuntimeError("no sandbox here")

    message = msgspec.json.encode(SearchRequest(tenant_id=uuid4(), text="a person")).decode()
    fault = reply_to(SEARCH_QUERY, make, message).fault
    assert fault is not None
    assert fault.code == "internal"
