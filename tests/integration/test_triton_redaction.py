"""`faces` and `plates` through the real Triton: the same answers as from the weights themselves."""

from collections.abc import Iterator

import numpy as np
import onnxruntime
import pytest

from infra.embedded.stack import Endpoints
from infra.models.profiles import REPOSITORY
from infra.rendered_site.samples import sample_frame
from kit.pixels import letterbox
from kit.triton import FACES, PLATES, Triton


@pytest.fixture
def client(servers: Endpoints) -> Iterator[Triton]:
    made = Triton(servers.triton_url)
    yield made
    made.close()


@pytest.mark.parametrize("model", [FACES, PLATES])
def test_the_server_finds_what_the_weights_find(client: Triton, model: str) -> None:
    facts = client.facts(model)
    rng = np.random.default_rng(1_000_501)
    frames = [sample_frame(rng, (960, 540)).rgb for _ in range(4)]
    pictures = np.stack([letterbox(frame, facts.height, facts.width)[0] for frame in frames])
    served = (client.faces if model == FACES else client.plates)(pictures)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(REPOSITORY / model / "1" / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )
    boxes, scores = session.run(None, {"image": pictures})
    believed = float(facts.parameters["recall_threshold"])
    for number, one in enumerate(served):
        mine = one.scores >= believed
        direct = scores[number] >= believed
        np.testing.assert_allclose(one.scores[mine], scores[number][direct], atol=1e-3)
        np.testing.assert_allclose(one.boxes[mine], boxes[number][direct], atol=1e-3)
    assert sum(int((one.scores >= believed).sum()) for one in served) > 0
