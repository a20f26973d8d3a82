"""Pictures made to fit a network, and boxes taken back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.pixels import GREY, NotAPictureError, letterbox, stretched

sides = st.integers(min_value=8, max_value=400)
unit = st.floats(min_value=0.0, max_value=1.0)


@given(height=sides, width=sides, x=unit, y=unit)
def test_a_box_taken_into_the_letterbox_and_back_is_the_same_box(height: int, width: int, x: float, y: float) -> None:
    _, place = letterbox(np.zeros((height, width, 3), np.uint8), 96, 160)
    box = np.array([[min(x, y), 0.25, max(x, y), 0.75]], np.float32)
    assert np.allclose(place.to_picture(place.to_input(box)), box, atol=1e-5)


@given(height=sides, width=sides)
def test_the_whole_picture_fills_one_side_and_stays_inside_the_other(height: int, width: int) -> None:
    _, place = letterbox(np.zeros((height, width, 3), np.uint8), 96, 160)
    assert max(place.width, place.height) == pytest.approx(1.0)
    assert place.left >= 0
    assert place.top >= 0
    assert place.left + place.width <= 1 + 1e-9
    assert place.top + place.height <= 1 + 1e-9


def test_a_bright_square_is_found_where_the_letterbox_says_it_is() -> None:
    picture = np.zeros((100, 300, 3), np.uint8)
    picture[40:60, 150:210] = 255
    pixels, place = letterbox(picture, 96, 160)
    bright = np.argwhere(pixels[0] > 200)
    (top, left), (bottom, right) = bright.min(0), bright.max(0) + 1
    seen = place.to_picture(np.array([[left / 160, top / 96, right / 160, bottom / 96]]))
    assert np.allclose(seen, [[0.5, 0.4, 0.7, 0.6]], atol=0.02)


def test_the_margins_are_grey_and_the_picture_lies_in_the_middle() -> None:
    pixels, _ = letterbox(np.full((50, 100, 3), 255, np.uint8), 100, 100)
    assert (pixels[:, :25] == GREY).all()
    assert (pixels[:, 75:] == GREY).all()
    assert (pixels[:, 25:75] == 255).all()


def test_a_box_that_reaches_into_the_margin_is_cut_at_the_picture() -> None:
    _, place = letterbox(np.zeros((50, 100, 3), np.uint8), 100, 100)
    assert np.allclose(place.to_picture(np.array([[0.0, 0.0, 1.0, 1.0]])), [[0, 0, 1, 1]])


def test_channels_keep_their_order() -> None:
    picture = np.zeros((30, 40, 3), np.uint8)
    picture[:, :, 0] = 250
    assert stretched(picture, 16, 16)[0].min() == 250
    assert stretched(picture, 16, 16)[1:].max() == 0
    assert letterbox(picture, 12, 16)[0][0].min() == 250


@pytest.mark.parametrize("shape", [(10, 10), (10, 10, 4), (0, 10, 3)])
def test_what_is_no_rgb_picture_is_refused_by_name(shape: tuple[int, ...]) -> None:
    with pytest.raises(NotAPictureError, match=r"UINT8 \[height, width, 3\]"):
        letterbox(np.zeros(shape, np.uint8), 32, 32)
    with pytest.raises(NotAPictureError):
        stretched(np.zeros((10, 10, 3), np.float32), 32, 32)
