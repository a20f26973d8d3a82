"""The vectors that search is measured on: always the same, with neighbours, and a truth that is one."""

from pathlib import Path

import numpy as np
import pytest

from bench.search.data import CAMERAS, DAY, DAYS, MIXES, K, Queries, Site, find_truth, make_site, recall

ROWS = 3_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Queries, Path]:
    folder = tmp_path_factory.mktemp("site")
    return *make_site(ROWS, 256, folder), folder


def test_a_site_is_the_same_wherever_it_is_made(made: tuple[Site, Queries, Path], tmp_path: Path) -> None:
    site, queries, _ = made
    again, asked = make_site(ROWS, 256, tmp_path)
    np.testing.assert_array_equal(again.vectors, site.vectors)
    np.testing.assert_array_equal(asked.vectors, queries.vectors)
    assert asked.mixes == queries.mixes


def test_rows_come_in_the_order_of_time_from_many_cameras_over_a_month(made: tuple[Site, Queries, Path]) -> None:
    site, _, _ = made
    assert len(site) == ROWS
    assert np.all(np.diff(site.seconds) >= 0)
    assert 0 <= site.seconds[0] < site.seconds[-1] < DAYS * DAY
    assert 100 < len(np.unique(site.cameras)) <= CAMERAS
    np.testing.assert_allclose(np.linalg.norm(np.asarray(site.vectors, np.float32), axis=1), 1.0, atol=2e-3)


def test_crops_of_a_track_are_near_one_another_and_texts_lie_apart_from_all(made: tuple[Site, Queries, Path]) -> None:
    site, queries, _ = made
    vectors = np.asarray(site.vectors, np.float32)
    same = np.nonzero(np.diff(site.tracks) == 0)[0]
    crops = np.einsum("ij,ij->i", vectors[same], vectors[same + 1])
    strangers = vectors[:500] @ vectors[-500:].T
    assert crops.mean() > strangers.mean() + 0.2
    likeness = queries.vectors @ vectors.T
    half = len(queries.vectors) // 2
    assert likeness[half:].max(axis=1).mean() < likeness[:half].max(axis=1).mean() - 0.1


def test_the_truth_is_what_comparing_every_row_that_passes_gives(made: tuple[Site, Queries, Path]) -> None:
    site, queries, folder = made
    truth = find_truth(site, queries, folder)
    likeness = queries.vectors @ np.asarray(site.vectors, np.float32).T
    for mix in MIXES:
        for number in (0, 7, 150):
            passing = queries.mixes[mix][number].rows(site)
            nearest = passing[np.argsort(-likeness[number][passing])][:K]
            assert truth[mix].matches[number] == len(passing)
            assert recall(site, queries, truth[mix], number, nearest.tolist()) == 1.0
            if len(nearest) > 1:
                assert recall(site, queries, truth[mix], number, nearest[:1].tolist()) < 1.0
