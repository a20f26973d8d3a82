"""Searches, journeys, questions, and reports of what was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from contracts.journey import Decision
from contracts.vocabulary import ItemKind, ObjectClass
from gateway.bodies.journeys import (
    HopDecisionNew,
    JourneyAsked,
    JourneyBody,
    JourneyNew,
    TransitionBody,
    TransitionList,
    TransitionNew,
)
from gateway.bodies.questions import QuestionAnswered, QuestionNew, QuestionReportNew
from gateway.bodies.reports import ReportAccepted, ReportDetail, ReportItemNew, ReportNew, ReportState
from gateway.bodies.search import PictureStored, SearchDone, SearchNew
from infra.cli.client.connection import Connection, follow


class Investigation(Connection):
    """What is asked of the footage, and what is written of the answers."""

    # Search

    def search(
        self,
        *,
        text: str | None = None,
        picture_id: str | None = None,
        track_id: UUID | None = None,
        camera_ids: Sequence[UUID] | None = None,
        from_time: datetime | None = None,
        until_time: datetime | None = None,
        classes: Sequence[ObjectClass] = (),
        kinds: Sequence[ItemKind] = tuple(ItemKind),
        min_score: float = -1.0,
        limit: int = 20,
    ) -> SearchDone:
        """Searches by a text, a picture, a track, or several of them."""
        new = SearchNew(
            text=text,
            picture_id=picture_id,
            track_id=track_id,
            camera_ids=None if camera_ids is None else list(camera_ids),
            from_time=from_time,
            until_time=until_time,
            classes=list(classes),
            kinds=list(kinds),
            min_score=min_score,
            limit=limit,
        )
        return self.find(new)

    def find(self, new: SearchNew) -> SearchDone:
        """Searches by all that the API knows."""
        return self._answer(self._send("POST", "/v1/search", content=msgspec.json.encode(new)), SearchDone)

    def store_picture(self, picture: bytes) -> PictureStored:
        """Stores a picture (JPEG, PNG, WebP) to search with."""
        headers = {"Content-Type": "application/octet-stream"}
        return self._answer(self._send("POST", "/v1/pictures", content=picture, headers=headers), PictureStored)

    # Journeys

    def start_journey(self, new: JourneyNew) -> JourneyBody:
        """Follows a person or vehicle from a track or picture."""
        return self._create("/v1/journeys", new, JourneyBody)

    def journey(self, journey_id: UUID) -> JourneyBody:
        """A kept journey, solved anew."""
        return self._get(f"/v1/journeys/{journey_id}", JourneyBody)

    def journeys(self) -> Iterator[JourneyAsked]:
        """What was asked before, the latest first."""
        return self._pages("/v1/journeys", JourneyAsked, {})

    def decide_hop(self, journey: JourneyBody, track_id: UUID, decision: Decision) -> JourneyBody:
        """Confirms or rejects a track in a journey as it was read."""
        path = f"/v1/journeys/{journey.id}/hops/{track_id}"
        content = msgspec.json.encode(HopDecisionNew(decision=decision.value))
        return self._answer(
            self._send("POST", path, content=content, headers={"If-Match": f'"{journey.version}"'}), JourneyBody
        )

    def transitions(self) -> list[TransitionBody]:
        """What is known of the times between cameras."""
        return self._get("/v1/transitions", TransitionList).items

    def give_transition(self, new: TransitionNew) -> list[TransitionBody]:
        """Says how long it takes between two cameras; what is known then."""
        return self._answer(
            self._send("PUT", "/v1/transitions", content=msgspec.json.encode(new)), TransitionList
        ).items

    # Questions

    def ask(self, new: QuestionNew) -> QuestionAnswered:
        """Asks a question in plain English."""
        return self._create("/v1/questions", new, QuestionAnswered)

    def answered(self, answer_id: UUID) -> QuestionAnswered:
        """A kept answer, with fresh links."""
        return self._get(f"/v1/questions/{answer_id}", QuestionAnswered)

    def report_answer(self, answer_id: UUID, new: QuestionReportNew) -> ReportAccepted:
        """Has a report of a kept answer written."""
        return self._create(f"/v1/questions/{answer_id}/report", new, ReportAccepted)

    # Reports

    def create_report(
        self,
        title: str,
        items: Sequence[ReportItemNew],
        *,
        time_zone: str = "UTC",
        query: str = "",
        margin_seconds: float = 2.0,
    ) -> ReportAccepted:
        """Has a report written about chosen hits."""
        body = ReportNew(
            title=title, items=list(items), time_zone=time_zone, query=query, margin_seconds=margin_seconds
        )
        return self._create("/v1/reports", body, ReportAccepted)

    def report(self, report_id: UUID) -> ReportDetail:
        """One report with links to its PDF and clips."""
        return self._get(f"/v1/reports/{report_id}", ReportDetail)

    def follow_report(self, report_id: UUID, *, seconds: float = 600, interval: float = 0.5) -> ReportDetail:
        """Waits until the report is ready or failed. Raises NotFinishedError."""
        return follow(
            lambda: self.report(report_id), lambda report: report.state != ReportState.PENDING, None, seconds, interval
        )
