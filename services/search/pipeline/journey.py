"""Use cases of journeys: to start one, to read it, to say something of a hop, and to know the times of transitions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain as chained
from uuid import UUID

from contracts.journey import (
    AskedJourney,
    AskedJourneys,
    Decision,
    HopDecision,
    HopState,
    Journey,
    JourneyDecided,
    JourneyReading,
    JourneyRequest,
    JourneysReading,
    RejectedTrack,
    Transition,
    TransitionGiven,
    Transitions,
    TransitionsReading,
)
from contracts.vocabulary import ItemKind, ObjectClass, Space, Subject
from services.search.model.errors import BadRequestError, UnknownTrackError
from services.search.model.filters import Filters
from services.search.model.journey import (
    MOST_CANDIDATES,
    Case,
    Fitted,
    JourneyMissingError,
    Known,
    Said,
    Sighting,
    hops_of,
    solved,
    subject_of,
    surenesses,
    weights_of,
)
from services.search.model.search import LOOKALIKES, Encoding, Probe, cut_out, folded, main_object
from services.search.model.transition import Transitions as KnownTransitions
from services.search.model.transition import known_transitions, learned_passages
from services.search.ports.journey import JourneyStore, KeptJourney, Sightings, TransitionStore
from services.search.ports.search import Encoders, Pictures, Spaces, Stage, VectorStore

LONGEST = timedelta(days=31)
"""Between the first and the last moment that a journey is looked for in."""
LESSON_LASTS = timedelta(hours=6)
"""From then on transitions are learned again, by whoever asks for a journey next."""
LESSON_TRACKS = 3000
"""That a lesson is taken from, at most."""
_ROWS_PER_TRACK = 4

Cameras = tuple[UUID, ...] | None


@dataclass(frozen=True)
class _Question:
    """A kept journey as one caller may see it: the cameras that it is looked for on, and all words on their tracks."""

    tenant_id: UUID
    kept: KeptJourney
    cameras: Cameras
    words: Sequence[Said]

    @property
    def last_words(self) -> dict[UUID, Said]:
        """The last word on each track, but those taken back."""
        last = {said.track_id: said for said in self.words}
        return {track: said for track, said in last.items() if said.decision is not Decision.WITHDRAW}

    def tracks(self, decision: Decision) -> list[UUID]:
        """What was confirmed or rejected. The origin is what it is."""
        return [
            track
            for track, said in self.last_words.items()
            if said.decision is decision and track != self.kept.track_id
        ]


@dataclass(frozen=True)
class Journeys:
    """Follows somebody over cameras and time."""

    encoders: Encoders
    spaces: Spaces
    pictures: Pictures
    vectors: VectorStore
    sightings: Sightings
    journeys: JourneyStore
    transitions: TransitionStore
    stage: Stage
    clock: Callable[[], datetime]

    def start(self, request: JourneyRequest) -> Journey:
        """Keeps what was asked, and solves it. Raises SearchError."""
        _check(request)
        if request.track_id is not None:
            self._origin(request.tenant_id, request.track_id, self._space(), request.camera_ids)
        return self._solved(self._seen(request.tenant_id, self.journeys.keep(request), request.camera_ids))

    def read(self, request: JourneyReading) -> Journey:
        """Solves a kept journey anew. Raises JourneyMissingError, also where it begins out of the caller's sight."""
        return self._solved(self._question(request.tenant_id, request.journey_id, request.camera_ids))

    def asked(self, request: JourneysReading) -> AskedJourneys:
        """What was asked before, the latest first, without solving it. Raises BadRequestError."""
        if request.limit < 1 or (request.before_at is None) != (request.before_id is None):
            raise BadRequestError("a list needs a limit from 1 on, and the time and the id of where it goes on")
        found = self.journeys.asked(request)
        tracks = [one.kept.track_id for one in found if one.kept.track_id is not None]
        seen = self.sightings.of(request.tenant_id, tracks, self._space(), request.camera_ids) if tracks else {}
        return AskedJourneys(
            journeys=tuple(
                AskedJourney(
                    id=one.kept.id,
                    asked_by=one.kept.asked_by,
                    asked_at=one.kept.asked_at,
                    from_time=one.kept.from_time,
                    until_time=one.kept.until_time,
                    confirmed=one.confirmed,
                    rejected=one.rejected,
                    track=None if one.kept.track_id is None else seen[one.kept.track_id].track,
                    picture_key=one.kept.picture_key,
                )
                for one in found
                # Retention may take a track away in between.
                if one.kept.track_id is None or one.kept.track_id in seen
            )
        )

    def decide(self, request: HopDecision) -> JourneyDecided:
        """Stores what somebody says of a track, and solves the journey anew. Raises SearchError."""
        question = self._question(request.tenant_id, request.journey_id, request.camera_ids)
        if request.track_id == question.kept.track_id:
            raise BadRequestError("the journey begins with this track: start another one instead")
        found = self.sightings.of(request.tenant_id, [request.track_id], self._space(), question.cameras)
        if request.track_id not in found:
            raise UnknownTrackError(request.track_id, "is not there")
        other_version = self.journeys.decide(request, found[request.track_id].track.camera_id)
        if other_version is not None:
            return JourneyDecided(version=other_version, journey=None)
        journey = self.read(
            JourneyReading(tenant_id=request.tenant_id, journey_id=request.journey_id, camera_ids=request.camera_ids)
        )
        return JourneyDecided(version=journey.version, journey=journey)

    def known_transitions(self, request: TransitionsReading) -> Transitions:
        """What was given and learned of the transitions between the cameras that the caller may see."""
        given = self.transitions.given(request.tenant_id, request.camera_ids)
        lesson = self.transitions.lesson(request.tenant_id)
        transitions = self._transitions(request.tenant_id, request.camera_ids, 1)
        told = []
        for pair, transition in sorted(transitions.known.items()):
            said = given.get(pair)
            learned_at = None if lesson is None else lesson.learned_at
            told.append(
                Transition(
                    from_camera_id=pair[0],
                    to_camera_id=pair[1],
                    source=transition.source,
                    overlapping=transition.overlapping,
                    min_seconds=round(transition.seconds(-2) if said is None else said.transition.min_seconds, 1),
                    typical_seconds=round(
                        transition.seconds(0) if said is None else said.transition.typical_seconds, 1
                    ),
                    max_seconds=round(transition.seconds(2) if said is None else said.transition.max_seconds, 1),
                    matches=round(transition.matches, 1),
                    given_by=None if said is None else said.by,
                    at=learned_at if said is None else said.at,
                )
            )
        return Transitions(transitions=tuple(told))

    def give_transition(self, request: TransitionGiven) -> Transitions:
        """Stores what somebody says of a transition, and tells what is known then. Raises BadRequestError."""
        said = [request.min_seconds, request.typical_seconds, request.max_seconds]
        given = [seconds for seconds in said if seconds is not None]
        if request.overlapping and given:
            raise BadRequestError("views overlap, or a transition has times: give one of both")
        if request.overlapping and request.from_camera_id == request.to_camera_id:
            raise BadRequestError("a view cannot overlap itself: give two cameras")
        if given and (len(given) < 3 or given != sorted(given) or given[0] < 0 or given[2] <= 0):
            raise BadRequestError("give min, typical and max seconds, from 0 on and in this order")
        self.transitions.give(request)
        return self.known_transitions(TransitionsReading(tenant_id=request.tenant_id, camera_ids=request.camera_ids))

    def _question(self, tenant_id: UUID, journey_id: UUID, may_see: Cameras) -> _Question:
        kept = self.journeys.find(tenant_id, journey_id)
        if kept is None:
            raise JourneyMissingError(journey_id)
        if kept.track_id is not None and not self.sightings.of(tenant_id, [kept.track_id], self._space(), may_see):
            raise JourneyMissingError(journey_id)
        return self._seen(tenant_id, kept, may_see)

    def _seen(self, tenant_id: UUID, kept: KeptJourney, may_see: Cameras) -> _Question:
        words = self.journeys.said(tenant_id, kept.id, may_see)
        return _Question(tenant_id, kept, _both(may_see, kept.only_camera_ids), words)

    def _solved(self, question: _Question) -> Journey:
        kept, words = question.kept, question.last_words
        with self.stage("encode"):
            space = self._space()
            pictures, classes = self._looked_at(kept.picture_key)
        fitted, calibrated = weights_of(space)
        with self.stage("query"):
            case = self._case(question, space, pictures, classes, fitted)
            weights = fitted[_subject(case, classes)]
        with self.stage("solve"):
            chain = solved(case, weights)
            hops = hops_of(case, chain, weights, words)
        settled = (HopState.ORIGIN, HopState.CONFIRMED)
        return Journey(
            id=kept.id,
            version=len(question.words) + 1,
            asked_by=kept.asked_by,
            asked_at=kept.asked_at,
            from_time=kept.from_time,
            until_time=kept.until_time,
            hops=hops,
            unconfirmed=sum(hop.state not in settled for hop in hops),
            space=space,
            calibrated=calibrated,
            track_id=kept.track_id,
            picture_key=kept.picture_key,
            rejected=tuple(
                RejectedTrack(track_id=track, camera_id=said.camera_id, decided_by=said.by, decided_at=said.at)
                for track, said in words.items()
                if said.decision is Decision.REJECT
            ),
        )

    def _case(
        self,
        question: _Question,
        space: str,
        pictures: Sequence[Known],
        picture_classes: Sequence[ObjectClass],
        fitted: Fitted,
    ) -> Case:
        kept, tenant_id, cameras = question.kept, question.tenant_id, question.cameras
        origin = None
        if kept.track_id is not None:
            # Where it is looked for does not bind where it begins: who may see it was asked before.
            origin = self._origin(tenant_id, kept.track_id, space, None)
        confirmed = self.sightings.of(tenant_id, question.tracks(Decision.CONFIRM), space, cameras)
        certain = [one for one in (origin, *confirmed.values()) if one is not None]
        like = [LOOKALIKES[one.track.object_class] for one in certain]
        classes = tuple(dict.fromkeys(chained(picture_classes, *like))) or tuple(ObjectClass)
        known = [*pictures, *(one.known for one in certain)]
        filters = Filters(
            tenant_id=tenant_id,
            camera_ids=cameras,
            from_time=kept.from_time,
            until_time=kept.until_time,
            classes=classes,
            excluded_ids=(*question.tracks(Decision.REJECT), *(one.track.id for one in certain)),
        )
        candidates = self._candidates(filters, known, space)
        rates = self.sightings.rates(tenant_id, classes, kept.from_time, kept.until_time, cameras)
        self._learn(tenant_id, space, kept.from_time + (kept.until_time - kept.from_time) / 2, surenesses(fitted))
        seconds = (kept.until_time - kept.from_time).total_seconds()
        transitions = self._transitions(tenant_id, cameras, len(rates))
        return Case(pictures, origin, list(confirmed.values()), candidates, transitions, rates, seconds)

    def _candidates(self, filters: Filters, known: Sequence[Known], space: str) -> Sequence[Sighting]:
        """The tracks that look most like anything that is known, as many as a chain is chosen from."""
        if filters.camera_ids == ():
            return []
        rows = MOST_CANDIDATES * _ROWS_PER_TRACK
        found = [
            self.vectors.nearest(filters, Probe(Space.APPEARANCE, Encoding(space, one.vector), (ItemKind.TRACK,)), rows)
            for one in known
            if one.vector is not None
        ]
        best = folded(chained.from_iterable(found), -1.0)[:MOST_CANDIDATES]
        sightings = self.sightings.of(filters.tenant_id, [one.item_id for one in best], space, filters.camera_ids)
        return list(sightings.values())

    def _origin(self, tenant_id: UUID, track_id: UUID, space: str, cameras: Cameras) -> Sighting:
        found = self.sightings.of(tenant_id, [track_id], space, cameras)
        if track_id not in found:
            raise UnknownTrackError(track_id, "is not there")
        if found[track_id].vector is None:
            raise UnknownTrackError(track_id, "has no vectors yet: they are being made, ask again soon")
        return found[track_id]

    def _looked_at(self, picture_key: str | None) -> tuple[list[Known], tuple[ObjectClass, ...]]:
        """A picture's main object, or the picture as it is, and what it can be taken for; nothing for no picture."""
        if picture_key is None:
            return [], ()
        picture = self.pictures.load(picture_key)
        main = main_object(self.encoders.objects(picture))
        crop = picture if main is None or main.fills else cut_out(picture, main)
        encoding = self.encoders.picture(Space.APPEARANCE, self.spaces.serving()[Space.APPEARANCE], crop)
        return [Known(encoding.vector, {})], () if main is None else LOOKALIKES[main.object_class]

    def _space(self) -> str:
        return self.encoders.space(self.spaces.serving()[Space.APPEARANCE])

    def _transitions(self, tenant_id: UUID, cameras: Cameras, count: int) -> KnownTransitions:
        given = {pair: said.transition for pair, said in self.transitions.given(tenant_id, cameras).items()}
        return known_transitions(given, self.transitions.learned(tenant_id, cameras), count)

    def _learn(self, tenant_id: UUID, space: str, at: datetime, sure: Mapping[int, float]) -> None:
        """Learns transitions from the footage around a time, where that was not done for a while."""
        lesson = self.transitions.lesson(tenant_id)
        if lesson is not None and lesson.space == space and self.clock() - lesson.learned_at < LESSON_LASTS:
            return
        with self.stage("learn"):
            looks = self.sightings.looks(tenant_id, space, at, LESSON_TRACKS)
            self.transitions.learn(tenant_id, learned_passages(looks, sure), space, len(looks))


def _subject(case: Case, picture_classes: Sequence[ObjectClass]) -> Subject:
    """Of what is followed; a picture that nobody knows the object of is taken for a person's, who are told apart
    better."""
    classes = [*picture_classes, *(one.track.object_class for one in case.certain.values())]
    return subject_of(classes[0]) if classes else Subject.PERSON


def _check(request: JourneyRequest) -> None:
    if (request.track_id is None) == (request.picture_key is None):
        raise BadRequestError("give exactly one of track and picture")
    if request.from_time.tzinfo is None or request.until_time.tzinfo is None:
        raise BadRequestError("from and until need an offset, as in 2026-03-02T08:00:00+01:00")
    if request.from_time >= request.until_time:
        raise BadRequestError("from must be before until")
    if request.until_time - request.from_time > LONGEST:
        raise BadRequestError(f"a journey is looked for within {LONGEST.days} days: narrow from and until")


def _both(one: Cameras, other: Cameras) -> Cameras:
    if one is None or other is None:
        return other if one is None else one
    return tuple(camera for camera in one if camera in other)
