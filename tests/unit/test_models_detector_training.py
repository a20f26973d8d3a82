"""What the detector learns from, and how it is measured."""

import numpy as np
import onnxruntime
import pytest

from infra.models.found_boxes import add_suppression, detection_outputs
from infra.models.onnx_graph import GraphWriter, finished, tensor
from infra.models.train.detector_figures import compared
from infra.models.train.footage import Picture
from infra.models.train.pictures import WHOLE, Labelled, mosaic, pasted, placed, worn
from infra.models.train.teacher import Labels
from infra.models.train.views import labelled

PERSON, CAR, TRUCK = 0, 2, 5


def found(*rows: tuple[float, int, float]) -> Labels:
    """Boxes of a tenth of the picture's width at x: (x, class, score)."""
    boxes = np.array([[x, 0.1, x + 0.1, 0.5] for x, _, _ in rows], np.float32).reshape(-1, 4)
    classes = np.array([klass for _, klass, _ in rows], np.int64)
    return Labels(boxes, classes, np.array([score for _, _, score in rows], np.float32))


def test_recall_is_counted_at_one_false_box_a_picture() -> None:
    wanted = [found((0.1, PERSON, 1), (0.3, PERSON, 1)), found((0.1, PERSON, 1))]
    seen = [
        found((0.1, PERSON, 0.9), (0.6, PERSON, 0.8), (0.7, PERSON, 0.7), (0.3, PERSON, 0.3)),
        found((0.8, PERSON, 0.6), (0.1, PERSON, 0.5)),
    ]
    figures = compared("clip", seen, wanted)
    # The third false box is one more than two pictures may have.
    assert figures["clip.person.recall@1fp"] == pytest.approx(1 / 3, abs=1e-4)
    assert figures["clip.person.score@1fp"] == pytest.approx(0.7)
    assert figures["clip.person.recall@0.2"] == 1
    assert figures["clip.person.false@0.4"] == pytest.approx(1.5)
    assert figures["clip.person.objects"] == 3


def test_of_two_boxes_on_one_thing_one_is_false() -> None:
    figures = compared("clip", [found((0.1, PERSON, 0.9), (0.11, PERSON, 0.8))], [found((0.1, PERSON, 1))])
    assert (figures["clip.person.recall@0.4"], figures["clip.person.false@0.4"]) == (1, 1)


def test_a_car_that_is_called_a_truck_is_a_vehicle_found() -> None:
    figures = compared("clip", [found((0.1, TRUCK, 0.9))], [found((0.1, CAR, 1))])
    assert figures["clip.vehicle.recall@0.4"] == 1
    assert not [name for name in figures if ".person." in name]


@pytest.fixture
def street() -> Labelled:
    picture = np.full((60, 100, 3), 200, np.uint8)
    picture[20:40, 30:50] = 10
    boxes = np.array([[30, 20, 50, 40]], np.float32)
    return Labelled(picture, boxes, np.array([CAR]), np.array([0.7], np.float32))


def test_boxes_move_with_their_picture_and_keep_their_scores(street: Labelled) -> None:
    for seed in range(20):
        view = placed(np.random.default_rng(seed), street, 64, 96)
        for (x1, y1, x2, y2), klass, sure in zip(view.boxes.astype(int), view.classes, view.certainty, strict=True):
            assert sure == pytest.approx(0.7)
            if klass == CAR:
                assert view.picture[y1 + 2 : y2 - 2, x1 + 2 : x2 - 2].mean() < 60


def test_four_pictures_make_one_with_the_boxes_of_all(street: Labelled) -> None:
    view = mosaic(np.random.default_rng(0), [street] * 4, 120, 200, still=True)
    assert view.picture.shape == (120, 200, 3)
    assert len(view.boxes) == len(view.classes) == len(view.certainty) == 4


def test_only_what_the_mask_leaves_is_pasted_and_what_it_hides_is_not_asked_for(street: Labelled) -> None:
    crop = np.full((40, 30, 3), 255, np.uint8)
    mask = np.zeros((40, 30), np.float32)
    mask[:, 10:20] = 1
    hidden = 0
    for seed in range(40):
        view = pasted(np.random.default_rng(seed), street, crop, mask, PERSON)
        if len(view.boxes) == 1:
            continue
        x1, y1, x2, y2 = view.boxes[-1].astype(int)
        assert view.classes[-1] == PERSON
        assert (view.picture[y1:y2, x1:x2] == 255).all(axis=2).mean() < 0.5
        hidden += int(view.classes[0] == -1)
    assert hidden > 0


def test_a_van_is_not_a_car_and_a_truck_besides() -> None:
    writer = GraphWriter()
    add_suppression(writer, "raw_boxes", "raw_scores", one_thing=(CAR, TRUCK))
    inputs = [
        tensor("raw_boxes", np.float32, "batch", "places", 4),
        tensor("raw_scores", np.float32, "batch", 6, "places"),
    ]
    model = finished(writer, "suppression", inputs, detection_outputs())
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    boxes, scores = np.zeros((1, 64, 4), np.float32), np.zeros((1, 6, 64), np.float32)
    boxes[0, :4] = [[0.1, 0.1, 0.3, 0.3], [0.1, 0.1, 0.31, 0.3], [0.1, 0.1, 0.3, 0.31], [0.7, 0.1, 0.9, 0.3]]
    scores[0, CAR, 0], scores[0, TRUCK, 0] = 0.5, 0.3
    scores[0, TRUCK, 1] = 0.6
    scores[0, PERSON, 2] = 0.4
    scores[0, CAR, 3] = 0.2
    found, kept, classes = session.run(None, {"raw_boxes": boxes, "raw_scores": scores})
    assert kept[0, :4].tolist() == pytest.approx([0.6, 0.4, 0.2, 0.0])
    assert classes[0, :3].tolist() == [TRUCK, PERSON, CAR]
    assert found[0, 2].tolist() == pytest.approx([0.7, 0.1, 0.9, 0.3])


def test_bad_cameras_keep_the_picture_s_shape_and_some_make_it_dark(street: Labelled) -> None:
    seen = [worn(np.random.default_rng(seed), street.picture) for seed in range(60)]
    assert {picture.shape for picture in seen} == {street.picture.shape}
    assert {picture.dtype for picture in seen} == {np.dtype(np.uint8)}
    assert 0 < sum(picture.mean() < 0.75 * street.picture.mean() for picture in seen) < 30


def test_what_the_teacher_misses_is_asked_for_only_where_it_is_known_for_certain(street: Labelled) -> None:
    def blind(picture: Picture) -> Labels:
        return found()

    drawn = Labelled(street.picture, street.boxes, street.classes, np.ones(1, np.float32))
    assert labelled(drawn, blind).classes.tolist() == [CAR]
    assert labelled(street, blind).classes.tolist() == [-1]


def test_the_teacher_says_how_sure_to_be(street: Labelled) -> None:
    def teacher(picture: Picture) -> Labels:
        boxes = np.array([[0.3, 0.34, 0.5, 0.66], [0.8, 0.1, 0.9, 0.4]], np.float32)
        return Labels(boxes, np.array([CAR, PERSON]), np.array([0.7, 0.05], np.float32))

    view = labelled(street, teacher)
    assert view.boxes.tolist() == [pytest.approx([30, 20.4, 50, 39.6])]
    assert view.certainty.tolist() == pytest.approx([0.7])


def test_where_all_is_labelled_a_bollard_that_the_teacher_takes_for_a_person_is_none(street: Labelled) -> None:
    def teacher(picture: Picture) -> Labels:
        bollard, car = [0.8, 0.1, 0.9, 0.4], [0.3, 0.34, 0.5, 0.66]
        return Labels(np.array([bollard, car], np.float32), np.array([PERSON, CAR]), np.array([0.9, 0.7], np.float32))

    filmed = labelled(street, teacher)
    height, width = street.picture.shape[:2]
    area = np.array([[0, 0, width, height]], np.float32)
    drawn = Labelled(
        street.picture, np.concatenate([street.boxes, area]), np.append(street.classes, WHOLE), np.ones(2, np.float32)
    )
    assert filmed.classes.tolist() == [PERSON, CAR]
    assert labelled(drawn, teacher).classes.tolist() == [CAR]


def test_an_area_in_which_all_is_labelled_stays_one_when_little_of_it_is_seen(street: Labelled) -> None:
    area = Labelled(street.picture, np.array([[0, 0, 100, 60]], np.float32), np.array([WHOLE]))
    close = placed(np.random.default_rng(1), area, 40, 60, zoom=(3.0, 3.0))
    assert close.classes.tolist() == [WHOLE]
