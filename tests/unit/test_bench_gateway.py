"""What searches through the gateway are measured against: requests that it takes, and tracks that should be found."""

from pathlib import Path
from uuid import UUID

import msgspec
import numpy as np
import pytest

from bench.search.data import CLASSES, MIXES, K, Queries, Site, make_site, track_id
from bench.search.drawn import DrawnEncoders, keep_drawn, text_of
from bench.search.gateway import body_of
from bench.search.tracks import captions_of, find_track_truth, track_number, track_recall
from contracts.vocabulary import Space
from gateway.bodies.search import SearchNew
from services.search.model.search import CAPTION_WEIGHT, CAPTIONS, Towers

TOWERS = Towers("embed_image", "embed_text")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Queries, Path]:
    folder = tmp_path_factory.mktemp("site")
    return *make_site(3_000, 256, folder), folder


def best_tracks(site: Site, queries: Queries, mix: str, number: int) -> list[int]:
    """By scoring every crop that passes, one by one."""
    captions = captions_of(queries)
    scores: dict[int, float] = {}
    for row in queries.mixes[mix][number].rows(site):
        vector = np.asarray(site.vectors[row], np.float32)
        likeness = float(queries.vectors[number] @ (vector / np.linalg.norm(vector)))
        caption = float(queries.vectors[number] @ captions[site.classes[row]])
        score = (1 - CAPTION_WEIGHT) * likeness + CAPTION_WEIGHT * caption
        track = int(site.tracks[row])
        scores[track] = max(score, scores.get(track, -1.0))
    return sorted(scores, key=lambda track: -scores[track])[:K]


@pytest.mark.parametrize("mix", MIXES)
def test_the_tracks_to_be_found_are_those_whose_best_crop_scores_highest(
    made: tuple[Site, Queries, Path], mix: str
) -> None:
    site, queries, folder = made
    truth = find_track_truth(site, queries, folder)[mix]
    for number in (3, 40, 120, 199):
        best = best_tracks(site, queries, mix, number)
        assert truth.wanted[number] == len(best)
        assert track_recall(site, queries, truth, number, best) == 1.0
        if len(best) == K:
            assert track_recall(site, queries, truth, number, best[:-2]) == pytest.approx(0.9)


def test_nothing_found_of_something_is_no_recall_and_of_nothing_is_all(made: tuple[Site, Queries, Path]) -> None:
    site, queries, folder = made
    truth = find_track_truth(site, queries, folder)["camera_hour"]
    wanted = {bool(count): number for number, count in enumerate(truth.wanted)}
    assert track_recall(site, queries, truth, wanted[True], []) == 0.0
    if False in wanted:
        assert track_recall(site, queries, truth, wanted[False], []) == 1.0


def test_a_caption_lies_nearest_to_the_texts_of_its_class(made: tuple[Site, Queries, Path]) -> None:
    _, queries, _ = made
    captions = captions_of(queries)
    assert captions.shape == (len(CLASSES) + 1, 256)
    np.testing.assert_allclose(np.linalg.norm(captions, axis=1), 1.0, atol=1e-5)
    texts = [number for number in range(len(queries.vectors)) if queries.is_text(number)]
    nearest = (queries.vectors[texts] @ captions[:-1].T).argmax(axis=1)
    meant = np.array([queries.mixes["class_day"][number].object_class for number in texts])
    assert (nearest == meant).mean() > 0.9


@pytest.mark.parametrize("mix", MIXES)
def test_the_gateway_takes_every_query(made: tuple[Site, Queries, Path], mix: str) -> None:
    _, queries, _ = made
    asked = queries.mixes[mix][7]
    taken = msgspec.json.decode(msgspec.json.encode(body_of(asked, 7, fold=False)), type=SearchNew)
    assert (taken.text, taken.limit, taken.fold) == ("query 7", K, False)
    assert len(taken.camera_ids or ()) == len(asked.cameras)
    assert (taken.from_time is None) == (asked.from_second is None)
    assert [CLASSES.index(one) for one in taken.classes] == ([] if asked.object_class is None else [asked.object_class])
    assert [wish.value for wish in taken.attributes] == ([] if asked.attribute is None else [f"c{asked.attribute}"])


def test_a_query_is_given_its_vector_and_a_class_its_caption(made: tuple[Site, Queries, Path], tmp_path: Path) -> None:
    _, queries, _ = made
    keep_drawn(queries, tmp_path / "drawn.npz")
    encoders = DrawnEncoders(tmp_path / "drawn.npz")
    encoding = encoders.text(TOWERS, text_of(17))
    assert encoding.space == f"bench-{Space.SEMANTIC}"
    np.testing.assert_array_equal(encoding.vector, queries.vectors[17])
    assert set(encoders.captions(TOWERS, list(CAPTIONS.values()))) == set(CAPTIONS.values())


def test_a_hit_is_known_by_its_id() -> None:
    assert track_number(UUID(str(track_id(4711)))) == 4711
