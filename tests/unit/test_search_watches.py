"""What a watch looks for bounds what anything new can score, so that nothing that would alert is sifted out."""

from datetime import UTC, datetime
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.search import Asked, SearchRequest, Understood
from contracts.vocabulary import ItemKind, Space
from services.search.model.calibration import Calibration, Scored, mixed_probability, mixed_score
from services.search.model.search import Encoding, Probe
from services.search.model.watches import Part, Prepared, read_as

CURVE = Calibration(Asked.TEXT, "meaning", slope=12.0, intercept=-3.0, pairs=10, error=0.0, source="tests")


def part(asked: Asked, space: str, looks: int = 1, weight: float = 1.0) -> Part:
    """Of so many looks."""
    probe = Probe(Space.SEMANTIC, Encoding(space, np.ones(1, np.float32)), (ItemKind.TRACK,))
    return Part(asked, weight, (probe,) * looks)


SCORES = st.floats(-1, 1, width=32)
ROWS = st.lists(st.tuples(SCORES, SCORES, SCORES), min_size=1, max_size=8)


@given(rows=ROWS, weight=st.floats(0.1, 10), calibrated=st.booleans())
def test_nothing_new_scores_above_the_bound(
    rows: list[tuple[float, float, float]], weight: float, *, calibrated: bool
) -> None:
    text, picture = part(Asked.TEXT, "meaning", weight=weight), part(Asked.PICTURE, "looks", looks=2)
    curves = {(Asked.TEXT, "meaning"): CURVE} if calibrated else {}
    alone, both = Prepared(None, ((text,),)), Prepared(None, ((text, picture),))
    best = [max(column) for column in zip(*rows, strict=True)]
    for said, first, second in rows:
        parts = [
            Scored(Asked.TEXT, said, weight, curves.get((Asked.TEXT, "meaning"))),
            Scored(Asked.PICTURE, max(first, second), 1.0, None),
        ]
        assert both.most(best, curves) >= mixed_score(parts) - 1e-9
        probability = mixed_probability(parts[:1])
        assert alone.most(best[:1], curves) >= (said if probability is None else probability) - 1e-9


def test_the_likeliest_of_the_stages_is_the_bound() -> None:
    tracks, scenes = part(Asked.PICTURE, "looks"), part(Asked.PICTURE, "meaning")
    assert Prepared(None, ((tracks,), (scenes,))).most([0.2, 0.7], {}) == pytest.approx(0.7)


def test_a_piece_of_a_frame_is_calibrated_as_a_picture() -> None:
    assert part(Asked.FRAME, "looks").curve == (Asked.PICTURE, "looks")


def test_days_that_a_sentence_names_count_for_nothing() -> None:
    day = datetime(2026, 3, 2, tzinfo=UTC)
    request = SearchRequest(tenant_id=uuid4(), text="a truck on Monday", camera_ids=None)
    read = read_as(request, Understood(text="a truck", from_time=day, until_time=day))
    assert read.understood == Understood(text="a truck")
    assert not read_as(request, None).read_text
