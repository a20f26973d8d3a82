"""The measures, against examples worked out by hand or by another program."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from faster_coco_eval import COCO, COCOeval_faster

from bench.quality import attributes, detection, reidentification, retrieval, tracking, whole_path
from bench.quality.detection import Asked
from bench.quality.estimate import bootstrapped, mean_over
from bench.quality.looking import Look, Sight, Watched
from bench.quality.redaction import covers
from bench.quality.table import Row, flat, markdown
from bench.quality.truth import Clip, Kind, Labelled, Placed
from bench.quality.weights import Found
from contracts.vocabulary import ObjectClass


def boxes(*rows: tuple[float, ...]) -> npt.NDArray[np.float32]:
    return np.array(rows, np.float32).reshape(-1, 4)


def found(rows: list[tuple[float, ...]], scores: list[float], classes: list[int] | None = None) -> Found:
    return Found(boxes(*rows), np.array(scores, np.float32), np.array(classes or [0] * len(rows), np.int64))


A, B, FAR = (0.1, 0.1, 0.2, 0.4), (0.5, 0.5, 0.6, 0.9), (0.8, 0.0, 0.9, 0.2)


def asked(
    truth: list[tuple[float, ...]], finds: list[tuple[float, ...]], scores: list[float], stretch: int = 0
) -> Asked:
    return Asked(stretch, boxes(*finds), np.array(scores, np.float32), boxes(*truth), boxes())


def ones(matches: detection.Matches) -> npt.NDArray[np.int64]:
    return np.ones(len(matches.wanted), np.int64)


class TestDetection:
    def test_a_second_find_of_one_object_is_wrong(self) -> None:
        assert [hit for _, hit in detection.matched(asked([A], [A, A], [0.9, 0.8]))] == [True, False]

    def test_what_is_ignored_counts_neither_way(self) -> None:
        frame = Asked(0, boxes(A, FAR), np.array([0.9, 0.8], np.float32), boxes(), boxes(A))
        assert [hit for _, hit in detection.matched(frame)] == [False]

    def test_average_precision_by_hand(self) -> None:
        # Right, wrong, right of two: precision 1 up to recall 1/2, then 2/3 up to 1. 51 and 50 of 101 recall points.
        matches = detection.joined([[asked([A, B], [A, FAR, B], [0.9, 0.8, 0.7])]])
        expected = (51 * 1.0 + 50 * 2 / 3) / 101
        assert detection.average_precision(matches, ones(matches)) == pytest.approx(expected)

    def test_recall_at_one_false_box_a_frame_by_hand(self) -> None:
        # One frame: the third find comes after a second false one.
        matches = detection.joined([[asked([A, B], [A, FAR, (0.0, 0.9, 0.1, 1.0), B], [0.9, 0.8, 0.7, 0.6])]])
        assert detection.recall_at(matches, ones(matches), 1.0) == 0.5
        assert detection.recall_at(matches, ones(matches), 2.0) == 1.0

    def test_two_classes_in_one_place_are_one_find(self) -> None:
        both = found([A, A, B], [0.5, 0.9, 0.4], [2, 5, 2])
        kept = detection.of_kind(both, Kind.VEHICLE)
        assert kept.scores.tolist() == pytest.approx([0.9, 0.4])

    def test_average_precision_is_that_of_the_coco_tools(self) -> None:
        rng = np.random.default_rng(5)
        frames: list[Asked] = []
        images: list[dict[str, int]] = []
        annotations: list[dict[str, Any]] = []
        results: list[dict[str, Any]] = []
        for number in range(40):
            corner = rng.uniform(0, 0.6, (6, 2))
            truth = np.concatenate([corner, corner + rng.uniform(0.05, 0.3, (6, 2))], 1)
            finds = np.concatenate([truth[:4] + rng.normal(0, 0.02, (4, 4)), truth[4:] + 0.3])
            scores = np.sort(rng.uniform(0.1, 1, 6))[::-1]
            frames.append(asked([tuple(row) for row in truth], [tuple(row) for row in finds], scores.tolist()))
            images.append({"id": number, "width": 1000, "height": 1000})
            for row in truth * 1000:
                box = [*row[:2].tolist(), *(row[2:] - row[:2]).tolist()]
                annotations.append({"id": len(annotations) + 1, "image_id": number, "category_id": 1, "bbox": box,
                                    "area": box[2] * box[3], "iscrowd": 0})  # fmt: skip
            for row, score in zip(finds * 1000, scores, strict=True):
                box = [*row[:2].tolist(), *(row[2:] - row[:2]).tolist()]
                results.append({"image_id": number, "category_id": 1, "bbox": box, "score": float(score)})
        truth_set = COCO({"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "x"}]})
        theirs = COCOeval_faster(truth_set, truth_set.loadRes(results), "bbox")
        theirs.params.iouThrs = np.array([0.5])
        theirs.evaluate()
        theirs.accumulate()
        precision = theirs.eval["precision"][0, :, 0, 0, -1]
        matches = detection.joined([frames])
        assert detection.average_precision(matches, ones(matches)) == pytest.approx(float(precision.mean()), abs=0.01)


class TestTracking:
    @staticmethod
    def watched(looks: list[Found], things: tuple[Labelled, ...], complete: bool) -> Watched:
        clip = Clip("a.mp4", Path("a.mp4"), 5.0, "a.mp4", things, tuple(range(len(looks))) if complete else ())
        return Watched(clip, 640, 360, 5.0, tuple(Look(n, one, None, True) for n, one in enumerate(looks)), ())

    @staticmethod
    def walk(step: int) -> tuple[float, float, float, float]:
        return (0.1 + 0.02 * step, 0.3, 0.2 + 0.02 * step, 0.7)

    def person(self, steps: range, *, with_boxes: bool = True) -> Labelled:
        placed = tuple(Placed(n, self.walk(n)) for n in steps) if with_boxes else ()
        return Labelled("a.mp4/A", Kind.PERSON, steps[0], steps[-1], boxes=placed)

    def test_a_person_who_is_always_found_is_one_track(self) -> None:
        looks = [found([self.walk(n)], [0.9]) for n in range(20)]
        watched = self.watched(looks, (self.person(range(20)),), complete=True)
        (row,) = tracking.measure("own", [watched])
        assert row.figures["switches"] == 0
        assert row.figures["HOTA"].value == pytest.approx(1.0, abs=0.02)  # type: ignore[union-attr]
        assert row.figures["IDF1"].value == pytest.approx(1.0, abs=0.02)  # type: ignore[union-attr]

    def test_a_person_who_is_lost_for_long_falls_apart(self) -> None:
        seen = [n for n in range(60) if n < 15 or n > 40]
        looks = [found([self.walk(0)], [0.9]) if n in seen else found([], []) for n in range(60)]
        person = Labelled("a.mp4/A", Kind.PERSON, 0, 59)
        (followed,) = tracking.followed_of(
            self.watched(looks, (person,), complete=False), tracking.tracks_of(self.watched(looks, (person,), False))
        )
        assert followed.tracks == 2
        assert 0.4 < followed.covered < 0.65

    def test_a_track_elsewhere_is_nobodys(self) -> None:
        looks = [found([FAR], [0.9]) for _ in range(20)]
        watched = self.watched(looks, (self.person(range(20)),), complete=False)
        (followed,) = tracking.followed_of(watched, tracking.tracks_of(watched))
        assert followed.tracks == 0

    def test_of_two_people_at_once_without_boxes_nobody_knows_whose_a_track_is(self) -> None:
        two = tuple(Labelled(f"a.mp4/{name}", Kind.PERSON, 0, 19) for name in "AB")
        watched = self.watched([found([FAR], [0.9]) for _ in range(20)], two, complete=False)
        assert tracking.followed_of(watched, tracking.tracks_of(watched)) == []

    def test_a_track_is_of_whose_boxes_it_lies_on(self) -> None:
        looks = [found([self.walk(n), FAR], [0.9, 0.8]) for n in range(20)]
        person = self.person(range(0, 20, 4))
        watched = self.watched(looks, (person,), complete=False)
        tracks = tracking.tracks_of(watched)
        (name,) = whole_path.own_tracks(watched, person, tracks)
        walker = next(track for track in tracks if track.path[-1].box.left > track.path[0].box.left + 0.1)
        assert (len(tracks), name) == (2, f"a.mp4|{walker.number}")

    def test_without_boxes_a_track_is_of_who_is_in_view_meanwhile(self) -> None:
        watched = self.watched([found([FAR], [0.9]) for _ in range(20)], (), complete=False)
        tracks = tracking.tracks_of(watched)
        early, late = (Labelled("a", Kind.PERSON, first, first + 19) for first in (0, 30))
        assert len(whole_path.own_tracks(watched, early, tracks)) == 1
        assert not whole_path.own_tracks(watched, late, tracks)


class TestRetrieval:
    @pytest.mark.parametrize(
        ("right", "verdict"),
        [
            ({"class": "person"}, True),
            ({"upper_colour": "red", "hat": "no"}, True),
            ({"upper_colour": ["red", "pink"]}, True),
            ({"upper_colour": {"not": "red"}}, False),
            ({"hat": {"not": "yes"}}, True),
            ({"bag": "yes"}, None),
            ({"bag": "yes", "upper_colour": "blue"}, False),
            ({"type": "car"}, False),
        ],
    )
    def test_what_is_not_known_is_neither_right_nor_wrong(
        self, right: dict[str, retrieval.Condition], verdict: bool | None
    ) -> None:
        assert retrieval.holds(right, {"class": "person", "upper_colour": "red", "hat": "no"}) is verdict

    def test_measures_by_hand(self) -> None:
        # Right at ranks 2 and 4 of four; "d" is not known and left out.
        query = retrieval.Asked("q", "colour", frozenset({"b", "e"}), frozenset({"d"}))
        scores = {"q": {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.65, "e": 0.6}}
        measured = {name: values[0] for name, values in retrieval.measured([query], scores).items()}
        gain = (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3))
        expected = {"recall@1": 0, "recall@5": 1, "recall@10": 1, "mAP": (1 / 2 + 2 / 4) / 2, "nDCG@10": gain}
        assert measured == pytest.approx(expected)

    def test_chance_is_what_random_orders_give(self) -> None:
        rng = np.random.default_rng(0)
        orders = [rng.permutation([True] * 3 + [False] * 17) for _ in range(4000)]
        hits = np.mean([order[:5].any() for order in orders])
        precisions = np.mean([reidentification.average_precision(order) for order in orders])
        assert retrieval.chance_of_hit(3, 20, 5) == pytest.approx(hits, abs=0.02)
        assert retrieval.chance_of_precision(3, 20) == pytest.approx(precisions, abs=0.02)

    def test_nobody_is_asked_for_by_gender(self) -> None:
        thing = retrieval.Thing("n", ObjectClass.PERSON, {}, "woman, grey coat", "i", np.zeros((1, 2), np.float32))
        assert retrieval.own_words([thing])[0].text == "person, grey coat"


def sight(ident: str, clip: str, seconds: float, kind: Kind = Kind.PERSON) -> Sight:
    return Sight(Labelled(ident, kind, 0, 9), clip, "site", seconds, np.zeros((4, 4, 3), np.uint8))


class TestReidentification:
    SIGHTS = (sight("A", "1", 0), sight("A", "1", 0.5), sight("A", "1", 5), sight("B", "1", 0), sight("A", "2", 0))

    def test_the_same_moment_does_not_count_inside_a_camera(self) -> None:
        assert reidentification.inside(self.SIGHTS)[0].tolist() == [False, False, True, True, False]

    def test_across_cameras_every_other_clip_counts(self) -> None:
        assert reidentification.across(self.SIGHTS)[0].tolist() == [False, False, False, False, True]

    def test_rank_one_and_precision_by_hand(self) -> None:
        vectors = np.array([[1, 0], [1, 0], [0.6, 0.8], [0.8, 0.6], [1, 0]], np.float32)
        answers = reidentification.answers(self.SIGHTS, vectors, reidentification.inside(self.SIGHTS))
        # A at 0 s: B is nearer than A at 5 s. A at 5 s: B first, then the two of A at 0 and 0.5 s.
        assert [(one.first, one.precision) for one in answers] == [
            (False, 0.5),
            (False, 0.5),
            (False, pytest.approx((1 / 2 + 2 / 3) / 2)),
        ]


def test_calibration_error_by_hand() -> None:
    # Two at 0.95, one of them right: gap 0.45; two at 0.55, one right: gap 0.05; each bin holds half.
    assert attributes.calibration_error([0.95, 0.95, 0.55, 0.55], [True, False, True, False]) == pytest.approx(0.25)


def test_a_face_is_covered_by_half_of_it_but_not_by_a_box_of_everything() -> None:
    face = (0.4, 0.4, 0.5, 0.5)
    assert covers(found([(0.4, 0.4, 0.5, 0.46)], [0.9]), [face]) == [True]
    assert covers(found([(0.4, 0.4, 0.5, 0.44)], [0.9]), [face]) == [False]
    assert covers(found([(0.0, 0.0, 1.0, 1.0)], [0.9]), [face]) == [False]
    assert covers(found([], []), [face]) == [False]


class TestEstimates:
    def test_the_interval_holds_the_value_and_is_the_same_every_time(self) -> None:
        values = np.random.default_rng(1).uniform(0, 1, 50).tolist()
        first, second = (mean_over(list(range(50)), values) for _ in range(2))
        assert first == second
        assert first.low < first.value < first.high
        assert first.value == pytest.approx(np.mean(values))

    def test_crops_of_one_object_are_drawn_together(self) -> None:
        apart = mean_over(list(range(40)), [0.0, 1.0] * 20)
        together = mean_over(["A"] * 20 + ["B"] * 20, [0.0] * 20 + [1.0] * 20)
        assert together.high - together.low > 2 * (apart.high - apart.low)
        assert together.units == 2

    def test_one_unit_has_no_interval(self) -> None:
        estimate = bootstrapped(lambda counts: float(counts.sum()), 1)
        assert (estimate.value, math.isnan(estimate.low)) == (1.0, True)


def test_rows_become_flat_figures_and_markdown() -> None:
    row = Row("detection", "real", ("a.mp4", "person"), {"AP50": mean_over([1, 2], [0.5, 1.0]), "frames": 7.0})
    figures = flat([row])
    assert figures["real.detection.a_mp4.person.AP50"] == 0.75
    assert figures["real.detection.a_mp4.person.AP50.units"] == 2
    assert figures["real.detection.a_mp4.person.frames"] == 7
    assert "| real | a.mp4 · person | 0.75 [0.50–1.00] | 7 |" in markdown([row], [])
