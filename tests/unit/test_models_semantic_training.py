"""What the image tower learns from: facts that do not contradict each other, sentences that claim what they say."""

import numpy as np
import pytest

from infra.models.train import facts, measured_looks
from infra.models.train.facts import FACTS, PLACE_OF
from infra.models.train.sentences import sentences
from infra.rendered_site import sample_crop
from infra.rendered_site.model import COLOURS

FORBIDDEN = {"man", "woman", "men", "women", "boy", "girl", "male", "female", "old", "young", "child", "lady", "guy"}
CYCLIST = {
    "class": "person",
    "action": "riding",
    "upper": "jacket",
    "upper_colour": "red",
    "lower": "jeans",
    "lower_colour": "blue",
    "headwear": "helmet",
    "headwear_colour": "white",
    "vehicle": "bicycle",
    "vehicle_colour": "green",
}


def true_of(row: facts.Row) -> set[str]:
    """The sentences that are true of a picture."""
    return {s.words for s in sentences(1) if all(row[PLACE_OF[claim]] == 1 for claim in s.claims)}


def test_every_sentence_claims_facts_of_the_vocabulary_and_none_is_said_twice() -> None:
    told = sentences(1)
    assert len(told) > 3000
    assert all(claim in PLACE_OF for sentence in told for claim in sentence.claims)
    assert len({sentence.words for sentence in told}) == len(told)


def test_the_same_seed_gives_the_same_sentences_and_another_seed_gives_others() -> None:
    assert sentences(1) == sentences(1)
    assert sentences(1) != sentences(2)


def test_no_sentence_speaks_of_gender_or_age() -> None:
    assert not [s.words for s in sentences(1) if FORBIDDEN & set(s.words.lower().split())]


def test_a_rendered_cyclist_is_described_truly_and_not_otherwise() -> None:
    said = true_of(facts.row(facts.rendered(CYCLIST)))
    assert {"cyclist", "a person with a helmet", "a green bike", "person"} & said
    assert not [words for words in said if "without a hat" in words or "car" in words.split() or "walking" in words]
    colours = {word for words in said if words.endswith(" top") for word in words.split() if word in COLOURS}
    assert colours == {"red"}


def test_whatever_is_rendered_knows_whether_it_is_a_person_a_vehicle_or_both() -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        crop = sample_crop(rng)
        row = facts.row(facts.rendered(crop.attributes))
        assert row[PLACE_OF["person"]] == (1 if crop.actor.person is not None else -1)
        assert row[PLACE_OF["vehicle"]] == (1 if crop.actor.vehicle is not None else -1)
        assert row[PLACE_OF["scene"]] == -1
        assert len(true_of(row)) >= 5


def test_what_is_not_known_is_neither_true_nor_false() -> None:
    known = facts.crop_of("person") | facts.coloured("upper", "", {"black", "blue"})
    row = facts.row(known)
    assert row[PLACE_OF["upper black"]] == row[PLACE_OF["upper blue"]] == 0
    assert row[PLACE_OF["upper red"]] == -1
    assert row[PLACE_OF["backpack"]] == 0


def test_an_empty_scene_shows_nobody_and_a_crowded_one_is_a_crowd() -> None:
    assert "nobody is here" in true_of(facts.row(facts.scene(0, 0)))
    assert "a crowd of people" in true_of(facts.row(facts.scene(7, 0)))
    assert not {"a crowd of people", "nobody is here"} & true_of(facts.row(facts.scene(2, 0)))


def test_a_fact_that_nobody_knows_is_refused() -> None:
    with pytest.raises(KeyError):
        facts.row({"gender": True})
    assert not [fact for fact in FACTS if FORBIDDEN & set(fact.split())]


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((200, 20, 25), "red"),
        ((30, 70, 150), "blue"),
        ((15, 15, 17), "black"),
        ((245, 245, 240), "white"),
        ((125, 125, 128), "grey"),
        ((30, 130, 45), "green"),
        ((235, 215, 30), "yellow"),
    ],
)
def test_plain_colours_have_the_names_that_people_give_them(rgb: tuple[int, int, int], name: str) -> None:
    colours = measured_looks.lab(np.array([[rgb]], np.uint8)).reshape(-1, 3)
    assert measured_looks.named(colours).tolist() == [name]


def test_a_repainted_coat_has_the_new_colour_and_the_street_around_it_has_not() -> None:
    picture = np.full((192, 128, 3), 150, np.uint8)
    picture[30:100, 40:88] = (30, 40, 140)
    painted = measured_looks.repainted(picture, "upper", (200, 20, 25))
    assert painted is not None
    found = measured_looks.main_colour(painted, measured_looks.TORSO)
    assert found is not None
    assert found[0] == "red"
    assert np.abs(painted[:20].astype(int) - 150).max() <= 2


def test_a_coat_of_many_colours_is_not_repainted() -> None:
    picture = np.random.default_rng(1).integers(0, 255, (192, 128, 3)).astype(np.uint8)
    assert measured_looks.repainted(picture, "upper", (200, 20, 25)) is None
