"""`ablate`: one network, one change at a time, on the machinery of `compare`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recommender.ml.__main__ import main
from recommender.ml.errors import ConfigError
from recommender.ml.lab.ablation import difference, load_ablation
from tests.ml.tiny_data import random_rows, write_csv_set

TINY = Path(__file__).parents[2] / "recommender" / "configs" / "tiny.toml"
CONFIG = f"""
report = "parts"
title = "Parts of a tiny network"
fraction = 0.3
base = "{TINY}"
[[changes]]
label = "no positions"
model.positions = "none"
[[changes]]
label = "2 heads"
"model.num_heads" = 2
[[changes]]
label = "BCE"
loss.kind = "bce"
loss.num_negatives = 1
"""


def test_ablation_shows_what_each_change_does(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = write_csv_set(tmp_path / "tiny-set", random_rows(90, 40))
    (tmp_path / "parts.toml").write_text(CONFIG)
    command = ["ablate", str(tmp_path / "parts.toml"), "--data", str(data)]
    command += ["--out", str(tmp_path), "--results", str(tmp_path / "store")]
    assert main(command) == 0
    report = json.loads((tmp_path / "parts.json").read_text())
    rows = report["data_sets"]["tiny-set"]["models"]
    assert list(rows) == ["full", "no positions", "BCE"]
    assert report["left_out"] == ["2 heads"]
    full, changed = rows["full"]["metrics"], rows["BCE"]["metrics"]
    lead = difference(rows["BCE"], "ndcg@10")
    assert lead is not None
    assert lead[0] == pytest.approx(changed["ndcg@10"] - full["ndcg@10"])
    assert lead[1] <= lead[0] <= lead[2]
    markdown = (tmp_path / "parts.md").read_text()
    assert "| BCE | loss.kind = bce, loss.num_negatives = 1 |" in markdown
    assert "already so: 2 heads" in markdown
    assert (tmp_path / "parts-tiny-set.png").read_bytes().startswith(b"\x89PNG")
    caplog.clear()
    with caplog.at_level("INFO"):
        assert main(command) == 0
    assert "(fitted)" not in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("base = 'ease'", "needs base = the .toml of a network"),
        (f"base = '{TINY}'", "needs \\[\\[changes\\]\\]"),
        (f"base = '{TINY}'\nchanges = [{{ label = 'x' }}]", "needs a label and options"),
        (
            f"base = '{TINY}'\nchanges = [{{ label = 'x', model.depth = 3 }}]",
            "x: model.depth is not an option of a network",
        ),
        (
            f"base = '{TINY}'\nchanges = [{{ label = 'x', model.num_heads = 'two' }}]",
            "num_heads must be int",
        ),
        (
            f"base = '{TINY}'\nchanges = [{{ label = 'full', model.num_heads = 4 }}]",
            "each label must differ",
        ),
        ("depth = 3", "depth is not an option"),
    ],
)
def test_ablation_that_cannot_be_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "ablate_bad.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_ablation(path)
