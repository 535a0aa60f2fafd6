"""The tag judge on features whose tags are known."""

import numpy as np
import pytest

from engine.evaluation.judges.tags import TagJudge, loop_features, tag_agreement, tag_matrix
from engine.vocabulary import TAGS


def test_a_judge_learns_linear_tags_and_not_noise() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((400, 6))
    tags = [
        [*(["kick"] if row[0] + 0.3 * rng.standard_normal() > 0 else []), *(["dark"] if rng.random() < 0.5 else [])]
        for row in features
    ]
    judge = TagJudge.train(features[:300], tags[:300])
    areas = tag_agreement(judge.scores(features[300:]), tags[300:])
    assert areas["kick"] > 0.95
    assert 0.35 < areas["dark"] < 0.65
    assert set(areas) == {"kick", "dark"}


def test_the_area_counts_pairs_in_order_and_ties_as_half() -> None:
    scores = np.zeros((10, len(TAGS)))
    tags = [["kick"]] * 5 + [[]] * 5
    assert tag_agreement(scores, tags) == {"kick": 0.5}
    scores[:5, TAGS.index("kick")] = 1
    assert tag_agreement(scores, tags) == {"kick": 1.0}
    assert tag_agreement(scores[:8], tags[:8]) == {}


def test_rows() -> None:
    assert tag_matrix([["house"], []]).sum() == 1
    row = loop_features(np.ones((3, 4), np.float32), width=0.25, crest_db=12.0)
    assert row.tolist() == pytest.approx([1, 1, 1, 1, 0, 0, 0, 0, 1, 2])
