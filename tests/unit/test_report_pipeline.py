"""Building a report: the use case with its world in memory."""

from uuid import UUID

import pytest

from contracts.report import ReportItem
from contracts.vocabulary import ItemKind
from kit.lease import LeaseLostError
from services.report.model import FootageMissingError, ItemMissingError, ReportImpossibleError
from services.report.pipeline import build
from services.report.tasks import build_handler
from tests.fakes.report import (
    REPORT,
    REQUESTED,
    SCENE,
    TRACK,
    FakeFootage,
    FakePress,
    FakeRecords,
    at,
    lease,
    request,
)

CHOSEN = (
    ReportItem(kind=ItemKind.SCENE, id=SCENE, note="empty hall"),
    ReportItem(kind=ItemKind.TRACK, id=TRACK, score=0.3),
)


def test_each_hit_gets_a_clip_with_its_margin_from_the_segments_that_hold_it() -> None:
    footage = FakeFootage()
    build(request(*CHOSEN, margin_seconds=2.0), lease(), FakeRecords(), footage, FakePress())
    assert footage.cuts == [
        (("sha256/1.mp4", "sha256/2.mp4"), at(18), at(22)),
        (("sha256/0.mp4", "sha256/1.mp4"), at(4), at(17.5)),
    ]


def test_the_report_keeps_the_order_the_notes_and_the_scores_of_the_request() -> None:
    records = FakeRecords()
    build(request(*CHOSEN, query="a person", requested_by="desk 4"), lease(), records, FakeFootage(), FakePress())
    ((content, stored),) = records.finished
    assert [(entry.sighting.id, entry.sighting.note, entry.sighting.score) for entry in content.entries] == [
        (SCENE, "empty hall", None),
        (TRACK, "", 0.3),
    ]
    assert (content.report_id, content.query, content.requested_by) == (REPORT, "a person", "desk 4")
    assert content.requested_at == REQUESTED
    assert stored.pages == 3


def test_each_picture_is_fetched_once() -> None:
    footage = FakeFootage()
    build(request(*CHOSEN, *CHOSEN), lease(), FakeRecords(), footage, FakePress())
    assert sorted(footage.asked) == ["sha256/crop.jpg", "sha256/scene.jpg"]


def test_building_it_again_gives_the_same_document() -> None:
    records = FakeRecords()
    for _ in range(2):
        build(request(*CHOSEN), lease(), records, FakeFootage(), FakePress())
    (_, first), (_, second) = records.finished
    assert first == second


def test_progress_is_told_as_clips_are_cut() -> None:
    claimed = lease()
    build(request(*CHOSEN), claimed, FakeRecords(), FakeFootage(), FakePress())
    assert claimed.progress == pytest.approx(2 / 3)


def test_an_unknown_hit_is_named_and_nothing_is_written() -> None:
    records, footage = FakeRecords(), FakeFootage()
    unknown = UUID(int=77)
    with pytest.raises(ItemMissingError, match=str(unknown)):
        build(request(ReportItem(kind=ItemKind.TRACK, id=unknown)), lease(), records, footage, FakePress())
    assert (records.finished, footage.cuts) == ([], [])


def test_a_hit_without_footage_is_named() -> None:
    with pytest.raises(FootageMissingError, match=str(TRACK)):
        build(request(), lease(), FakeRecords(stored=()), FakeFootage(), FakePress())


def test_a_lost_lease_stops_the_cutting() -> None:
    claimed, records = lease(), FakeRecords()
    claimed.mark_lost()
    with pytest.raises(LeaseLostError):
        build(request(*CHOSEN), claimed, records, FakeFootage(), FakePress())
    assert records.finished == []


def test_what_no_attempt_can_mend_ends_the_job_at_once() -> None:
    handler = build_handler(FakeRecords(), FakeFootage(), FakePress())
    assert handler.contract.name == "report.build.v1"
    for error in (ItemMissingError, FootageMissingError, ReportImpossibleError):
        assert issubclass(error, handler.dead_on)
