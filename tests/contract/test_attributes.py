"""What is said of people and vehicles: one vocabulary, and nothing in it that is nobody's business."""

import pytest

from contracts.vocabulary import ATTRIBUTE_GROUPS, COLOURS, attribute_layout, parse_attribute_layout
from infra.models.model_config import parameter, read_config
from infra.models.profiles import REPOSITORY
from infra.rendered_site.model import COLOURS as RENDERED_COLOURS


def test_a_layout_is_read_as_it_was_written() -> None:
    assert parse_attribute_layout(attribute_layout()) == ATTRIBUTE_GROUPS


@pytest.mark.parametrize("layout", ["", "person.legs", "legs=short|long", "person.=no|yes", "animal.kind=cat|dog"])
def test_a_malformed_layout_is_refused(layout: str) -> None:
    with pytest.raises(ValueError, match="is not of the form"):
        parse_attribute_layout(layout)


def test_every_question_is_asked_once_and_has_different_answers() -> None:
    keys = [group.key for group in ATTRIBUTE_GROUPS]
    assert len(set(keys)) == len(keys)
    for group in ATTRIBUTE_GROUPS:
        assert len(set(group.values)) == len(group.values) >= 2


def test_the_renderer_paints_the_colours_that_are_named() -> None:
    assert set(RENDERED_COLOURS) == set(COLOURS)


def test_nothing_is_said_of_gender_age_origin_or_mood() -> None:
    words = {word for group in ATTRIBUTE_GROUPS for word in (group.name, *group.values)}
    assert not words & {"gender", "sex", "male", "female", "age", "child", "adult", "ethnicity", "race", "emotion"}


def test_the_model_lays_its_probabilities_out_as_the_vocabulary_does() -> None:
    config = read_config(REPOSITORY / "attributes" / "config.pbtxt")
    assert parameter(config, "attributes") == attribute_layout()
    assert list(config.output[0].dims) == [sum(len(group.values) for group in ATTRIBUTE_GROUPS)]
