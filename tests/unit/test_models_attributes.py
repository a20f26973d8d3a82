"""What the attributes are learnt from and how they are measured: labels, new clothes, calibration."""

import numpy as np
import pytest

from contracts.vocabulary import ATTRIBUTE_GROUPS
from infra.models.train import real_tracks
from infra.models.train.attribute_labels import label_row, rendered_labels
from infra.models.train.attributes_figures import calibration_error
from infra.models.train.footage import HELD_OUT_CLIPS, TRAINING_CLIPS
from infra.models.train.repaint import UPPER, joined, repainted

GREY, BLUE, RED = (128, 128, 128), (30, 40, 160), (200, 30, 30)


def dressed(colour: tuple[int, int, int]) -> np.ndarray:
    """A grey crop with a garment where one is worn."""
    picture = np.full((192, 128, 3), GREY, np.uint8)
    picture[40:100, 32:96] = colour
    return picture


def test_a_garment_is_repainted_and_the_rest_is_left() -> None:
    changed = repainted(dressed(BLUE), UPPER, RED)
    assert changed is not None
    assert np.abs(changed[60:80, 50:80].astype(int) - RED).max() < 12
    assert np.abs(changed[130:].astype(int) - GREY).max() < 3


def test_a_pattern_is_not_repainted() -> None:
    picture = dressed(BLUE)
    picture[40:100:6] = (250, 250, 250)
    picture[41:100:6] = (240, 220, 0)
    picture[42:100:6] = (10, 200, 10)
    picture[43:100:6] = (250, 0, 200)
    assert repainted(picture, UPPER, RED) is None


def test_two_people_are_joined_at_the_waist() -> None:
    both = joined(np.full((192, 128, 3), 10, np.uint8), np.full((192, 128, 3), 200, np.uint8))
    assert (both[:80] < 20).all()
    assert (both[120:] > 190).all()


def test_what_the_renderer_drew_is_said_in_the_vocabulary() -> None:
    seen = {"upper": "t-shirt", "upper_colour": "red", "lower": "jeans", "lower_colour": "blue", "bag": "backpack"}
    said = rendered_labels(seen)
    assert said["person.sleeves"] == "short"
    assert said["person.legs"] == "long"
    assert said["person.backpack"] == "yes"
    assert said["person.bag"] == "no"
    row = dict(zip([group.key for group in ATTRIBUTE_GROUPS], label_row(said), strict=True))
    assert row["vehicle.type"] == -1
    assert ATTRIBUTE_GROUPS[0].values[row["person.upper_colour"]] == "red"


def test_the_labels_by_eye_use_the_vocabulary_and_know_their_clips() -> None:
    clips = {entry["clip"] for entry in real_tracks.read_labels()}
    assert clips <= {*TRAINING_CLIPS, *HELD_OUT_CLIPS, "stills"}


def test_no_label_to_learn_from_is_about_a_held_out_clip() -> None:
    assert not any(clip in real_tracks.LABELS.read_text() for clip in HELD_OUT_CLIPS)
    assert not any(clip in real_tracks.HELD_OUT_LABELS.read_text() for clip in TRAINING_CLIPS)


@pytest.mark.parametrize(("sure", "error"), [(0.75, 0.0), (0.95, 0.2), (0.55, 0.2)])
def test_the_calibration_error_is_how_far_sureness_is_from_the_truth(sure: float, error: float) -> None:
    right = np.array([True, True, True, False])
    assert calibration_error(np.full(4, sure), right, np.full(4, 0.25)) == pytest.approx(error)
