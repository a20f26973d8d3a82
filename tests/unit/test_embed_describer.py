"""The attributes' model as embed asks it, while a switch puts another in its place."""

import numpy as np
import pytest

from kit.pixels import Pixels
from kit.triton import ATTRIBUTES, Attributes, ModelFacts, ModelRefusedError, Triton
from services.embed.adapters.models import TritonModels
from services.embed.model import ModelReplacedError, ModelUnavailableError

FIRST = ModelFacts(
    ATTRIBUTES, (3, 6, 4), 8, 0, {"weights": "first-1", "attributes": "person.hat=no|yes;vehicle.colour=red|blue"}
)
OTHER_SIZE = ModelFacts(ATTRIBUTES, (3, 6, 3), 8, 0, {**FIRST.parameters, "weights": "second-1"})
OTHER_WEIGHTS = ModelFacts(ATTRIBUTES, FIRST.input_shape, 8, 0, {**FIRST.parameters, "weights": "third-1"})


class Switched(Triton):
    """A server's client that remembers what is served until it is asked afresh or refused."""

    def __init__(self, served: ModelFacts) -> None:
        super().__init__("127.0.0.1:9")
        self.served = self.remembered = served
        self.down = False

    def facts(self, model: str, *, fresh: bool = False) -> ModelFacts:
        if fresh:
            self.remembered = self.served
        return self.remembered

    def attributes(self, pictures: Pixels, *, model: str = ATTRIBUTES) -> list[Attributes]:
        if self.down or pictures.shape[1:] != self.served.input_shape:
            self.remembered = self.served
            raise ModelRefusedError(model, self.url, "unexpected shape")
        return [{group.key: dict.fromkeys(group.values, 0.5) for group in self.served.attributes}] * len(pictures)


def crops(facts: ModelFacts) -> Pixels:
    return np.zeros((2, *facts.input_shape), np.uint8)


def test_each_job_asks_which_model_is_served_now() -> None:
    triton = Switched(FIRST)
    models = TritonModels(triton)
    assert models.describer() is not None
    triton.served = OTHER_SIZE
    describer = models.describer()
    assert describer is not None
    assert describer.size == (6, 3)
    assert describer.model.weights == "second-1"
    assert describer.describe(crops(OTHER_SIZE)).shape == (2, 4)


def test_a_model_of_another_size_amid_a_job_is_told_as_that() -> None:
    triton = Switched(FIRST)
    describer = TritonModels(triton).describer()
    assert describer is not None
    triton.served = OTHER_SIZE
    with pytest.raises(ModelReplacedError, match="attributes"):
        describer.describe(crops(FIRST))


def test_other_weights_of_the_same_size_are_not_taken_for_the_first() -> None:
    triton = Switched(FIRST)
    describer = TritonModels(triton).describer()
    assert describer is not None
    triton.served = triton.remembered = OTHER_WEIGHTS
    with pytest.raises(ModelReplacedError, match="attributes"):
        describer.describe(crops(FIRST))


def test_a_model_that_only_fails_is_no_other() -> None:
    triton = Switched(FIRST)
    describer = TritonModels(triton).describer()
    assert describer is not None
    triton.down = True
    with pytest.raises(ModelUnavailableError, match="unexpected shape"):
        describer.describe(crops(FIRST))
