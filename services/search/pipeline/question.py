"""Use case: a question to an answer. Read it, plan it, search by the plan, tell what was found and what was covered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import exp
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from contracts.question import (
    MAX_CITED,
    MAX_QUESTION,
    AnswerState,
    CitedHit,
    Coverage,
    Finding,
    Plan,
    QuestionAnswer,
    QuestionRequest,
    Refusal,
    Sentence,
    Subject,
    WishedAttribute,
    Wording,
)
from contracts.search import MAX_HITS, SearchAnswer, SearchRequest
from contracts.vocabulary import ItemKind, ObjectClass
from services.search.model.answer import tell
from services.search.model.coverage import coverage_of, joined
from services.search.model.errors import BadRequestError
from services.search.model.filters import Zone
from services.search.model.found import Searched, Told, searched
from services.search.model.periods import periods_of
from services.search.model.phrases import Speaker
from services.search.model.question import Understood, understand
from services.search.model.refused import QuestionRefused
from services.search.model.rules_told import fired_sentences, kind_of_rule
from services.search.model.sentence import Place
from services.search.model.sighting import (
    THING_AFTER,
    DrawnLine,
    Seen,
    Sighting,
    objects,
    over_lines,
    things_among,
    within_zones,
)
from services.search.model.spoken import Spoken
from services.search.model.wording import says_the_same
from services.search.ports.places import KnownCamera, Places
from services.search.ports.question import Answers, Likeness, Sightings, Wordsmith

MOST_TRACKS = 20_000
"""So many tracks are looked at for one subject; a question about more is asked to be narrowed."""

_AROUND = timedelta(hours=12)
"""So far around the asked time it is looked for what never moves."""

_LOOKED_AT = 5
"""So many pictures are shown to the model that verifies."""


@dataclass(frozen=True)
class Answering:
    """Answers questions."""

    places: Places
    sightings: Sightings
    likeness: Likeness
    answers: Answers
    wordsmith: Wordsmith
    new_id: Callable[[], UUID]

    def answer(self, request: QuestionRequest) -> QuestionAnswer:
        """The answer, kept. What cannot be answered is said in it. Raises SearchError."""
        now = _checked(request)
        cameras = self.places.cameras(request.tenant_id, request.camera_ids)
        drawn: list[Zone | DrawnLine] = [
            *self.places.zones(request.tenant_id, request.camera_ids),
            *self.sightings.lines(request.tenant_id, request.camera_ids),
        ]
        plan: Plan | None = None
        try:
            understood = understand(
                request.text,
                now=now,
                places=_named(cameras, drawn),
                shown=request.track_id is not None or request.picture_key is not None,
            )
            plan, zones_of = self._planned(request, understood, now, cameras, drawn)
            searches = [self._search(request, subject, cameras, zones_of) for subject in plan.subjects]
        except QuestionRefused as refused:
            answer = self._refused(request, plan, refused.refusal)
            # A refusal may name any camera that the asker can see.
            behind = [camera.camera_id for camera in cameras]
        else:
            answer = self._told(request, plan, searches, cameras)
            behind = [camera.camera_id for camera in answer.coverage.cameras]
        self.answers.keep(request.tenant_id, answer, behind)
        return answer

    # Planning ---------------------------------------------------------------------------------------------------------

    def _planned(
        self,
        request: QuestionRequest,
        understood: Understood,
        now: datetime,
        cameras: Sequence[KnownCamera],
        drawn: Sequence[Zone | DrawnLine],
    ) -> tuple[Plan, Mapping[UUID, Zone | DrawnLine]]:
        if not cameras:
            raise QuestionRefused(
                "no_footage", "There is no camera to look at.", "Register cameras, or ask for access."
            )
        zones_of = {_drawn_id(one): one for one in drawn}
        assumptions = list(understood.assumptions)
        subjects = []
        for spoken in understood.subjects:
            subject, assumed = self._planned_subject(request, spoken, now, cameras, zones_of)
            subjects.append(subject)
            assumptions += assumed
        plan = Plan(
            kind=understood.kind,
            edge=understood.edge,
            negated=understood.negated,
            by=understood.by,
            subjects=tuple(subjects),
            assumptions=tuple(dict.fromkeys(assumptions)),
        )
        return plan, zones_of

    def _planned_subject(
        self,
        request: QuestionRequest,
        spoken: Spoken,
        now: datetime,
        cameras: Sequence[KnownCamera],
        zones: Mapping[UUID, Zone | DrawnLine],
    ) -> tuple[Subject, list[str]]:
        reading = spoken.reading
        # A zone or line lies on one camera's view; a name beside it says no more.
        wanted = {zones[one].camera_id for one in reading.zone_ids} or reading.camera_ids
        unwanted = set(reading.without_camera_ids)
        chosen = tuple(
            camera.camera_id
            for camera in cameras
            if (wanted is None or camera.camera_id in wanted) and camera.camera_id not in unwanted
        )
        if not chosen:
            raise QuestionRefused("unknown_place", "No camera is left to look at.", "Leave a camera in the question.")
        footage = self.places.footage_span(request.tenant_id, chosen)
        periods, time_words, assumed = periods_of(reading, now=now, zone=request.time_zone, footage=footage)
        names = {camera.camera_id: camera.name for camera in cameras}
        place = None
        if reading.zone_ids:
            place = ", ".join(dict.fromkeys(zones[one].name for one in reading.zone_ids))
        elif wanted is not None:
            place = ", ".join(names[one] for one in chosen)
        words, plural = spoken.label, spoken.plural
        if reading.without_zone_ids:
            left_out = " or ".join(dict.fromkeys(zones[one].name for one in reading.without_zone_ids))
            words, plural = f"{words} never in {left_out}", f"{plural} never in {left_out}"
            assumed = " ".join(filter(None, (assumed, f"Who was in {left_out} at any moment does not count.")))
        subject = Subject(
            words=words,
            plural=plural,
            classes=spoken.classes,
            vehicle_types=spoken.vehicle_types,
            attributes=tuple(
                WishedAttribute(attribute=wish.attribute, value=wish.value, wanted=wish.wanted)
                for wish in reading.attributes
            ),
            this=spoken.this,
            happening=spoken.happening,
            moving=spoken.moving,
            stayed_seconds=spoken.stayed_seconds,
            stayed_less_seconds=spoken.stayed_less_seconds,
            together=spoken.together,
            at_least=spoken.at_least,
            place=place,
            camera_ids=chosen,
            zone_ids=reading.zone_ids,
            without_zone_ids=reading.without_zone_ids,
            periods=periods,
            time_words=time_words,
        )
        return subject, [] if assumed is None else [assumed]

    # Searching --------------------------------------------------------------------------------------------------------

    def _search(
        self,
        request: QuestionRequest,
        subject: Subject,
        cameras: Sequence[KnownCamera],
        zones: Mapping[UUID, Zone | DrawnLine],
    ) -> Searched:
        begin = min(period.from_time for period in subject.periods)
        end = max(period.until_time for period in subject.periods)
        # A little more on both sides: whether a track was cut by the footage is seen at the footage's own edges.
        around = timedelta(minutes=1)
        spans = self.sightings.footage(request.tenant_id, subject.camera_ids, begin - around, end + around)
        names = {camera.camera_id: camera.name for camera in cameras if camera.camera_id in subject.camera_ids}
        coverage = coverage_of(names, subject.periods, spans, ZoneInfo(request.time_zone))
        tracks = self.sightings.sightings(
            request.tenant_id, subject.camera_ids, begin - around, end + around, subject.classes, most=MOST_TRACKS + 1
        )
        if len(tracks) > MOST_TRACKS:
            raise QuestionRefused(
                "too_much",
                f"More than {MOST_TRACKS:,} tracks would have to be looked at.",
                "Name a camera, or a shorter time.",
            )
        if subject.this:
            alike = self.likeness.alike(request, subject.camera_ids, begin, end)
            tracks = [replace(track, likeness=alike.get(track.id, 0.0)) for track in tracks]
        gone = {one.id for one in _there(tracks, [zones[one] for one in subject.without_zone_ids])}
        if subject.zone_ids:
            tracks = _there(tracks, [zones[one] for one in subject.zone_ids])
        seen = [one for one in objects(tracks, subject) if not any(track.id in gone for track in one.sightings)]
        things: Sequence[Seen] = ()
        if any(one.best.object_class is ObjectClass.PERSON and one.still for one in seen):
            standing = self.sightings.standing(
                request.tenant_id, subject.camera_ids, begin - _AROUND, end + _AROUND, THING_AFTER
            )
            things = things_among(seen, standing)
        return searched(subject, coverage, seen, spans, things)

    # Telling ----------------------------------------------------------------------------------------------------------

    def _told(
        self, request: QuestionRequest, plan: Plan, searches: Sequence[Searched], cameras: Sequence[KnownCamera]
    ) -> QuestionAnswer:
        zone = ZoneInfo(request.time_zone)
        speaker = Speaker({camera.camera_id: camera.name for camera in cameras}, zone)
        told = tell(plan, searches, speaker)
        kind = kind_of_rule(plan)
        if kind is not None and told.state is not AnswerState.UNANSWERED:
            fired = self.sightings.fired(request.tenant_id, kind, plan.subjects[0])
            told = replace(told, sentences=(*told.sentences, *fired_sentences(fired, speaker)))
        coverage = joined([one.coverage for one in searches], zone)
        cited = _cited(told)
        things = {thing.best.id for one in searches for thing in one.things}
        if things.issuperset(hit.id for hit in cited) and told.state is not AnswerState.UNANSWERED:
            frames, told = self._shown_absence(request, searches, told)
            cited = (*frames, *cited)
        sentences, worded_by = told.sentences, Wording.RULE
        if request.wording is Wording.MODEL:
            cited = self._verified(cited, plan)
            names = [camera.name for camera in cameras] + [one.place for one in plan.subjects if one.place]
            sentences, worded_by = self._worded(told.sentences, cited, names)
        return QuestionAnswer(
            id=self.new_id(),
            question=request.text,
            asked_at=request.asked_at,
            time_zone=request.time_zone,
            state=told.state,
            plan=plan,
            finding=told.finding,
            sentences=sentences,
            hits=cited,
            confidence=round(min(1.0, max(0.0, told.confidence)), 4),
            coverage=coverage,
            why=told.why,
            worded_by=worded_by,
        )

    def _refused(self, request: QuestionRequest, plan: Plan | None, refusal: Refusal) -> QuestionAnswer:
        return QuestionAnswer(
            id=self.new_id(),
            question=request.text,
            asked_at=request.asked_at,
            time_zone=request.time_zone,
            state=AnswerState.UNANSWERED,
            plan=plan,
            finding=Finding(),
            sentences=(Sentence(text=f"This cannot be answered. {refusal.message} {refusal.advice}"),),
            hits=(),
            confidence=0.0,
            coverage=Coverage(text="Nothing was examined.", asked_seconds=0.0, examined_seconds=0.0),
            why=(refusal,),
        )

    def _shown_absence(
        self, request: QuestionRequest, searches: Sequence[Searched], told: Told
    ) -> tuple[tuple[CitedHit, ...], Told]:
        """An absence cites a sampled frame of each camera that was examined, where there is one."""
        frames: dict[UUID, CitedHit] = {}
        for one in searches:
            for camera in one.coverage.cameras:
                for period in camera.examined[:1]:
                    found = self.sightings.scenes(
                        request.tenant_id, [camera.camera_id], period.from_time, period.until_time
                    )
                    frames |= {frame.id: frame for frame in found}
        if not frames or not told.sentences:
            return (), told
        first = told.sentences[0]
        shown = tuple(frames.values())[:MAX_CITED]
        cites = tuple(frame.id for frame in shown)
        return shown, replace(told, sentences=(Sentence(text=first.text, cites=cites), *told.sentences[1:]))

    def _verified(self, cited: tuple[CitedHit, ...], plan: Plan) -> tuple[CitedHit, ...]:
        words = plan.subjects[0].words
        looked = []
        for number, hit in enumerate(cited):
            seen = None
            if number < _LOOKED_AT and hit.kind is ItemKind.TRACK and hit.thumbnail_key is not None:
                seen = self.wordsmith.look(hit.thumbnail_key, words)
            looked.append(msgspec.structs.replace(hit, verified=seen))
        return tuple(looked)

    def _worded(
        self, sentences: Sequence[Sentence], cited: Sequence[CitedHit], names: Sequence[str]
    ) -> tuple[tuple[Sentence, ...], Wording]:
        """The sentences in the model's words, each only where it says the same; else as the rule says it."""
        keys = {hit.id: hit.thumbnail_key for hit in cited if hit.thumbnail_key is not None}
        worded: list[Sentence] = []
        by = Wording.RULE
        for sentence in sentences:
            key = next((keys[one] for one in sentence.cites if one in keys), None)
            written = None if key is None else self.wordsmith.word(key, sentence.text)
            if written is not None and says_the_same(written, sentence.text, names):
                worded.append(msgspec.structs.replace(sentence, text=written))
                by = Wording.MODEL
            else:
                worded.append(sentence)
        return tuple(worded), by


@dataclass(frozen=True)
class SearchedLikeness:
    """Likeness by the search itself: the hits of a track or picture."""

    search: Callable[[SearchRequest], SearchAnswer]

    def alike(
        self, request: QuestionRequest, camera_ids: Sequence[UUID], from_time: datetime, until_time: datetime
    ) -> Mapping[UUID, float]:
        """Track id → probability; the shown track itself is certain. Raises SearchError."""
        found = self.search(
            SearchRequest(
                tenant_id=request.tenant_id,
                track_id=request.track_id,
                picture_key=request.picture_key if request.track_id is None else None,
                camera_ids=tuple(camera_ids),
                from_time=from_time,
                until_time=until_time,
                kinds=(ItemKind.TRACK,),
                limit=MAX_HITS,
                fold=False,
            )
        )
        alike = {
            hit.id: same_probability(hit.score) if hit.probability is None else hit.probability for hit in found.hits
        }
        return alike if request.track_id is None else alike | {request.track_id: 1.0}


SAME_FROM, SAME_SLOPE = 0.75, 20.0
"""Cosine similarity of two tracks at which they are as likely the same object as not, and how fast that turns: a guess
for spaces whose scores are not calibrated. Answers that rest on likeness say so."""


def same_probability(score: float) -> float:
    """How probably two tracks of this similarity show the same object: a logistic curve (Platt, 1999)."""
    return 1.0 / (1.0 + exp(-SAME_SLOPE * (score - SAME_FROM)))


def _checked(request: QuestionRequest) -> datetime:
    """The time of asking in the caller's zone. Raises BadRequestError."""
    if not request.text.strip():
        raise BadRequestError("the question is empty: ask one")
    if len(request.text) > MAX_QUESTION:
        raise BadRequestError(f"the question has {len(request.text)} characters; at most {MAX_QUESTION} are read")
    if request.asked_at.tzinfo is None:
        raise BadRequestError("asked_at needs an offset, as in 2026-03-02T08:00:00+01:00")
    try:
        return request.asked_at.astimezone(ZoneInfo(request.time_zone))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadRequestError(f"time_zone {request.time_zone!r} is no IANA name, such as Europe/Berlin") from error


def _there(tracks: Sequence[Sighting], shapes: Sequence[Zone | DrawnLine]) -> list[Sighting]:
    """The stays in these zones and the crossings of these lines."""
    return [
        *within_zones(tracks, [one for one in shapes if isinstance(one, Zone)]),
        *over_lines(tracks, [one for one in shapes if isinstance(one, DrawnLine)]),
    ]


def _drawn_id(one: Zone | DrawnLine) -> UUID:
    return one.zone_id if isinstance(one, Zone) else one.line_id


def _named(cameras: Sequence[KnownCamera], shapes: Sequence[Zone | DrawnLine]) -> list[Place]:
    """What a question can call places: cameras, sites, zones and lines."""
    places = [Place(camera.name, (camera.camera_id,)) for camera in cameras]
    sites: dict[str, list[UUID]] = {}
    for camera in cameras:
        if camera.site:
            sites.setdefault(camera.site, []).append(camera.camera_id)
    places += [Place(site, tuple(own)) for site, own in sites.items()]
    drawn: dict[str, list[Zone | DrawnLine]] = {}
    for shape in shapes:
        drawn.setdefault(shape.name, []).append(shape)
    return [
        *places,
        *(
            Place(name, tuple(one.camera_id for one in own), tuple(_drawn_id(one) for one in own))
            for name, own in drawn.items()
        ),
    ]


def _cited(told: Told) -> tuple[CitedHit, ...]:
    """The objects that sentences cite, in the order of the answer."""
    wanted = {one for sentence in told.sentences for one in sentence.cites}
    return tuple(_hit(seen) for seen in _unique(told.cited) if seen.best.id in wanted)


def _unique(cited: Sequence[Seen]) -> list[Seen]:
    return list({seen.best.id: seen for seen in cited}.values())


def _hit(seen: Seen) -> CitedHit:
    best: Sighting = seen.best
    return CitedHit(
        kind=ItemKind.TRACK,
        id=best.id,
        camera_id=best.camera_id,
        recording_id=best.recording_id,
        started_at=seen.start,
        ended_at=seen.end,
        best_at=best.best_at or best.started_at,
        probability=round(seen.probability, 4),
        object_class=best.object_class,
        thumbnail_key=best.thumbnail_key,
        box=best.box,
        folded=tuple(one.id for one in seen.sightings if one.id != best.id),
    )
