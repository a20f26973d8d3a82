"""How good the image tower is, on what it was never trained on.

These figures come with every training. Real footage is measured by `python -m bench.quality`, on labels made by eye.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch

from infra.models.onnx_session import session_of
from infra.models.train import facts, footage, real_crops, rendered
from infra.models.train.crop_network import shown
from infra.models.train.facts import PLACE_OF
from infra.models.train.plan import Plan
from infra.models.train.semantic_network import SIZE
from infra.models.train.sentences import Sentence
from infra.rendered_site.model import COLOURS

FIRST = 5
SPARSEST = 2.0
"""Seconds between measured frames of real clips, at least."""
FOUR_WHEELED = ("car", "bus", "truck")
TextTower = Callable[[Sequence[str]], npt.NDArray[np.float32]]
ImageTower = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.float32]]

COLOUR_QUERIES = (
    *(Sentence(f"a person wearing a {colour} top", ("person", f"upper {colour}")) for colour in COLOURS),
    *(Sentence(f"a person in {colour} trousers", ("person", f"lower {colour}", "long legs")) for colour in COLOURS),
    *(Sentence(f"a {colour} car", ("car", f"vehicle {colour}")) for colour in COLOURS),
)
PARAPHRASES = (
    Sentence("folk clad in crimson", ("person", "upper red")),
    Sentence("a stroller with an azure blouse", ("person", "upper blue")),
    Sentence("a walker whose pullover is the colour of the sun", ("person", "upper yellow")),
    Sentence("charcoal attire on the torso", ("person", "upper black")),
    Sentence("snow-coloured garment above", ("person", "upper white")),
    Sentence("magenta garb", ("person", "upper pink")),
    Sentence("a commuter with luggage on the back", ("person", "backpack")),
    Sentence("traveller pulling a wheeled trunk", ("person", "suitcase")),
    Sentence("reflective protective gear", ("person", "hi-vis")),
    Sentence("headgear against the cold", ("person", "beanie")),
    Sentence("a bicyclist", ("rider", "bicycle")),
    Sentence("biker on two engines' wheels", ("rider", "motorcycle")),
    Sentence("an automobile", ("car",)),
    Sentence("a ruby automobile", ("car", "vehicle red")),
    Sentence("an ivory automobile", ("car", "vehicle white")),
    Sentence("public transport for many passengers", ("bus",)),
    Sentence("heavy goods transport", ("lorry",)),
    Sentence("knee-length breeches", ("person", "shorts")),
)
"""None of their telling words stands in a sentence that was learnt from."""
WORDS = (
    *(Sentence(word, ("person", word)) for word in ("jeans", "shorts", "skirt", "hoodie", "coat", "backpack", "cap")),
    *(Sentence(word, (word,)) for word in ("car", "van", "bus", "pickup", "taxi", "bicycle", "motorcycle")),
    Sentence("person", ("person",)),
    Sentence("cyclist", ("rider", "bicycle")),
)


def measured(graph: bytes, plan: Plan, texts: TextTower) -> dict[str, float]:
    """Measure a network as it is served, an ONNX file that takes pictures UINT8 [N,3,128,128].

    Returns:
        `real.person_vs_car.<class>`: share of real held-out crops that are nearer to the right one of "a person" and "a
        car". `rendered.<kind>`, kind being colour, paraphrase, word: `hit@5`, share of queries with a right crop among
        the first five; `precision@5`, share of right crops among them; both also by chance. `rendered.score.right` and
        `.wrong`: mean cosine of colour queries to crops of which they are true, and false.
    """
    held = rendered.crops(plan.cache, plan.held_out_crops, rendered.HELD_OUT_SEED)
    rows = np.stack([facts.row(facts.rendered(seen)) for seen in held.attributes])
    network = _network(graph)
    vectors = vectors_of(network, held.pictures)
    figures = _real(network, plan, texts)
    for kind, queries in (("colour", COLOUR_QUERIES), ("paraphrase", PARAPHRASES), ("word", WORDS)):
        figures |= {f"rendered.{kind}.{name}": value for name, value in _found(vectors, rows, queries, texts).items()}
    likeness = texts([query.words for query in COLOUR_QUERIES]) @ vectors.T
    right = np.stack([holds(query, rows) for query in COLOUR_QUERIES])
    figures["rendered.score.right"] = round(float(likeness[right].mean()), 4)
    figures["rendered.score.wrong"] = round(float(likeness[~right].mean()), 4)
    return figures


def vectors_of(network: ImageTower, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Give the vectors of crops, UINT8 [N,192,128,3]."""
    return np.concatenate([network(shown(part, SIZE, SIZE).numpy()) for part in torch.from_numpy(pictures).split(64)])


def _network(graph: bytes) -> ImageTower:
    session = session_of(graph, torch.get_num_threads())
    return lambda pictures: np.asarray(session.run(["embedding"], {"image": pictures})[0], np.float32)


def holds(query: Sentence, rows: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Tell for which pictures a sentence is true: BOOL [N] for facts INT8 [N, facts]."""
    return np.asarray((rows[:, [PLACE_OF[fact] for fact in query.claims]] == 1).all(1))


def _found(
    vectors: npt.NDArray[np.float32], rows: npt.NDArray[np.int8], queries: Sequence[Sentence], texts: TextTower
) -> dict[str, float]:
    asked = [query for query in queries if holds(query, rows).any()]
    if not asked:
        return {"queries": 0}
    likeness = texts([query.words for query in asked]) @ vectors.T
    hits, precise, chance = [], [], []
    for query, scores in zip(asked, likeness, strict=True):
        right = holds(query, rows)
        first = right[np.argsort(-scores)[:FIRST]]
        hits.append(first.any())
        precise.append(first.mean())
        chance.append(right.mean())
    return {
        "queries": len(asked),
        "hit@5": round(float(np.mean(hits)), 4),
        "hit@5.chance": round(float(np.mean([1 - (1 - share) ** FIRST for share in chance])), 4),
        "precision@5": round(float(np.mean(precise)), 4),
        "precision@5.chance": round(float(np.mean(chance)), 4),
    }


def _real(network: ImageTower, plan: Plan, texts: TextTower) -> dict[str, float]:
    every = max(plan.measure_every, SPARSEST)
    crops = real_crops.from_clips(plan.shared, footage.HELD_OUT_CLIPS, every, min_track=1)
    if not crops:
        return {}
    figures: dict[str, float] = {}
    vectors = vectors_of(network, np.stack([crop.picture for crop in crops]))
    person, car = (vectors @ text for text in texts(["a person", "a car"]))
    for kind, right in (("person", person > car), ("vehicle", car > person)):
        rows = np.array([(crop.klass == kind) or (kind == "vehicle" and crop.klass in FOUR_WHEELED) for crop in crops])
        if rows.any():
            figures[f"real.person_vs_car.{kind}"] = round(float(right[rows].mean()), 4)
            figures[f"real.person_vs_car.{kind}.crops"] = int(rows.sum())
    return figures
