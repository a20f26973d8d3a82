"""How the tracker's numbers become tracks."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary import ObjectClass
from services.ingest.model.observation import Box, Detection, Kind
from services.ingest.model.state import CarriedState, decode_state, encode_state
from services.ingest.model.track import MAX_PATH_POINTS, OpenTrack, TrackBook, TrackRules, path_of

RULES = TrackRules()


def seen(left: float, score: float = 0.8, object_class: ObjectClass = ObjectClass.PERSON) -> Detection:
    return Detection(Box(left, 0.3, left + 0.1, 0.7), score, object_class)


def observe(book: TrackBook, at_s: float, *pairs: tuple[Detection, int | None]) -> Sequence[OpenTrack]:
    found = book.observe(round(at_s * 1e6), [one for one, _ in pairs], [number for _, number in pairs])
    return [track for track, _ in found]


def test_the_first_sight_belongs_to_the_track_that_is_numbered_at_the_second() -> None:
    book = TrackBook(RULES)
    observe(book, 0.0, (seen(0.10), None))
    (track,) = observe(book, 0.2, (seen(0.12), 0))
    assert (track.first_us, track.detections) == (0, 2)


def test_a_sight_elsewhere_does_not() -> None:
    book = TrackBook(RULES)
    observe(book, 0.0, (seen(0.80), None))
    (track,) = observe(book, 0.2, (seen(0.12), 0))
    assert (track.first_us, track.detections) == (200_000, 1)


def test_a_track_out_of_sight_closes_in_the_end() -> None:
    book = TrackBook(RULES)
    for step in range(5):
        observe(book, step / 5, (seen(0.1), 0))
    assert book.close(round((0.8 + RULES.missing_seconds) * 1e6)) == []
    (closed,) = book.close(round((0.9 + RULES.missing_seconds) * 1e6))
    assert closed.last_us == 800_000
    assert book.open == []


def test_who_is_lost_and_numbered_anew_nearby_stays_one_track() -> None:
    book = TrackBook(RULES)
    for step in range(5):
        observe(book, step / 5, (seen(0.1 + step / 100), 0))
    (again,) = observe(book, 1.6, (seen(0.18), 7))
    assert again.number == 0
    assert len(book.open) == 1
    (still,) = observe(book, 1.8, (seen(0.19), 7))
    assert still is again


def test_who_turns_up_far_away_or_much_later_is_another_track() -> None:
    book = TrackBook(RULES)
    for step in range(5):
        observe(book, step / 5, (seen(0.1), 0))
    (far,) = observe(book, 1.4, (seen(0.8), 1))
    assert far.number == 1
    (late,) = observe(book, 0.8 + RULES.stitch_seconds + 0.2, (seen(0.1), 2))
    assert late.number == 2


def test_persons_and_vehicles_are_numbered_apart() -> None:
    book = TrackBook(RULES)
    tracks = observe(book, 0.0, (seen(0.1), 0), (seen(0.1, object_class=ObjectClass.CAR), 0))
    assert len({track.number for track in tracks}) == 2


def test_the_class_is_what_most_detections_speak_for() -> None:
    book = TrackBook(RULES)
    for step, object_class in enumerate([ObjectClass.TRUCK, ObjectClass.CAR, ObjectClass.CAR]):
        observe(book, step / 5, (seen(0.1, object_class=object_class), 0))
    (track,) = book.open
    assert track.object_class is ObjectClass.CAR


def test_few_or_short_sightings_are_noise() -> None:
    book = TrackBook(RULES)
    for step in range(3):
        observe(book, step / 5, (seen(0.1), 0))
    (short,) = book.open
    assert not book.counts(short)
    observe(book, 0.6, (seen(0.1), 0))
    assert book.counts(short)


def test_tracks_close_in_the_order_of_their_ends() -> None:
    book = TrackBook(RULES)
    observe(book, 0.0, (seen(0.1), 0), (seen(0.6), 1))
    observe(book, 0.2, (seen(0.1), 0))
    assert [track.number for track in book.close_all()] == [1, 0]


def test_the_path_counts_from_the_tracks_start() -> None:
    book = TrackBook(RULES)
    observe(book, 10.0, (seen(0.1), 0))
    observe(book, 10.2, (seen(0.25), 0))
    (track,) = book.open
    assert path_of(track) == [[0.0, 0.1, 0.3, 0.2, 0.7], [0.2, 0.25, 0.3, 0.35, 0.7]]


def test_a_path_of_hours_is_thinned_and_keeps_its_ends() -> None:
    track = OpenTrack(0, Kind.PERSON, 0, votes={}, score_sum=0.0, detections=0, path=[])
    for second in range(3 * MAX_PATH_POINTS):
        track.add(second * 1_000_000, seen(0.1))
    assert len(track.path) <= MAX_PATH_POINTS
    assert (track.first_us, track.last_us) == (0, (3 * MAX_PATH_POINTS - 1) * 1_000_000)
    assert track.detections == 3 * MAX_PATH_POINTS


steps = st.lists(
    st.tuples(
        st.integers(1, 1_500_000),
        st.lists(
            st.tuples(st.integers(0, 8), st.one_of(st.none(), st.integers(0, 4)), st.sampled_from(list(ObjectClass))),
            max_size=4,
            unique_by=lambda one: one[1] if one[1] is not None else object(),
        ),
    ),
    max_size=30,
)


@given(steps=steps, cut=st.integers(0, 30))
def test_a_book_carried_over_a_cut_ends_as_one_that_was_never_cut(
    steps: list[tuple[int, list[tuple[int, int | None, ObjectClass]]]], cut: int
) -> None:
    def run(*, cut_at: int | None) -> list[OpenTrack]:
        book, at_us = TrackBook(RULES), 0
        closed: list[OpenTrack] = []
        for place, (gap, sightings) in enumerate(steps):
            if place == cut_at:
                state = decode_state(
                    encode_state(
                        CarriedState(
                            open=list(book.open),
                            next_number=book.next_number,
                            unmatched=book.unmatched,
                            unmatched_us=book.unmatched_us,
                        )
                    )
                )
                book = TrackBook(
                    RULES,
                    state.open,
                    next_number=state.next_number,
                    unmatched=state.unmatched,
                    unmatched_us=state.unmatched_us,
                )
            at_us += gap
            detections = [seen(left / 10, object_class=object_class) for left, _, object_class in sightings]
            book.observe(at_us, detections, [number for _, number, _ in sightings])
            closed.extend(book.close(at_us))
        return [*closed, *book.close_all()]

    assert run(cut_at=cut) == run(cut_at=None)
