"""The figures of item tables are of real vectors, and the size is the one asked for."""

import json
from pathlib import Path

import numpy as np
import pytest

from recommender.ml.__main__ import main
from recommender.ml.commands.bench import resize_vectors
from recommender.ml.scoring import TABLE_KINDS

SHIPPED = "recommender/artifacts/shipped"
DATA = "catalog/demo/ml-latest-small"


def test_vectors_are_cut_or_grown_with_noise() -> None:
    vectors = np.random.default_rng(0).normal(size=(11, 4)).astype(np.float32)
    np.testing.assert_array_equal(resize_vectors(vectors, 5), vectors[1:6])
    grown = resize_vectors(vectors, 30)
    assert grown.shape == (30, 4)
    np.testing.assert_array_equal(grown[:10], vectors[1:])
    assert len(np.unique(grown, axis=0)) == 30


def test_every_table_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "tables.json"
    asked = ["--data", DATA, "--sizes", "1000", "--people", "5", "--json", str(target)]
    assert main(["bench", SHIPPED, *asked]) == 0
    rows = json.loads(target.read_text())["tables"]
    assert [row["kind"] for row in rows] == list(TABLE_KINDS)
    by_kind = {row["kind"]: row for row in rows}
    assert by_kind["float32"]["recall_at_10"] == 1.0
    assert by_kind["int8"]["refined_recall_at_10"] == 1.0
    assert "recall@10" in capsys.readouterr().out
