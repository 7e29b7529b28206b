"""Keys of results: they change with what the result depends on, and with nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recommender.ml.datasets import MovieInfo
from recommender.ml.lab.comparison_config import ModelEntry
from recommender.ml.lab.fitting import Fitter
from recommender.ml.lab.result_keys import (
    hash_code,
    hash_files,
    hash_interactions,
    hash_movies,
    hash_split,
    hash_values,
)
from recommender.ml.splits import leave_one_out
from tests.ml.tiny_data import interactions_of

TINY = Path(__file__).parents[2] / "recommender" / "configs" / "tiny.toml"
TRAIN = interactions_of([[1, 2, 3], [2, 3, 4]])
FITTER = Fitter(TRAIN, {})
IMPORTS = "    from recommender.ml.lab import plots\n    from recommender.ml.sub import two\n"
HEADS: dict[str, Any] = {"model.num_heads": 4}
GAPS: dict[str, Any] = {"model.relative_time_bias": True}
MINUTES: dict[str, Any] = {"training.max_minutes": 3.0}


def described(model: str, seed: int | None = None, **options: Any) -> str:
    entry = ModelEntry(label="x", model=model, options=options)
    return hash_values(FITTER.describe(entry, seed))


def test_hash_of_ratings_changes_with_each_of_their_columns() -> None:
    known = hash_interactions(TRAIN)
    assert hash_interactions(interactions_of([[1, 2, 3], [2, 3, 4]])) == known
    for column in ("movie_id", "rating", "timestamp"):
        changed = getattr(TRAIN, column).copy()
        changed[0] += 1
        assert hash_interactions(replace(TRAIN, **{column: changed})) != known
    assert hash_interactions(replace(TRAIN, order_only=frozenset({"tiny"}))) != known


def test_hash_of_a_split_changes_with_targets_and_times() -> None:
    split = leave_one_out(TRAIN)
    known = hash_split(split)
    assert hash_split(leave_one_out(TRAIN)) == known
    assert hash_split(replace(split, targets=[t + 1 for t in split.targets])) != known
    assert hash_split(replace(split, timestamps=[t + 1 for t in split.timestamps])) != known
    assert hash_split(replace(split, true_times=np.zeros(2, dtype=bool))) != known


def test_hash_of_movies_changes_with_a_genre() -> None:
    movies = {1: MovieInfo("A", 2000, ("Drama",))}
    assert hash_movies(movies) != hash_movies({1: MovieInfo("A", 2000, ("Crime",))})


def test_hash_of_files_changes_with_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    known = hash_files(tmp_path)
    (tmp_path / "a").write_text("2")
    changed = hash_files(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({known, changed, hash_files(tmp_path)}) == 3


def test_entry_is_described_by_its_options_seed_and_kind_not_its_label() -> None:
    keys = [
        described("ease"),
        described("ease", l2=3.0),
        described("ease-recency", l2=3.0),
        described(str(TINY)),
        described(str(TINY), 1),
        described(str(TINY), **HEADS),
        described(str(TINY), **MINUTES),
    ]
    assert len(set(keys)) == len(keys)
    renamed = ModelEntry(label="another", model="ease")
    assert hash_values(FITTER.describe(renamed, None)) == described("ease")


def test_comment_in_a_network_config_changes_nothing_but_an_option_does(tmp_path: Path) -> None:
    path = tmp_path / "net.toml"
    path.write_text(TINY.read_text())
    known = described(str(path))
    path.write_text(f"# a comment\n{TINY.read_text()}")
    assert described(str(path)) == known
    path.write_text(TINY.read_text().replace("dropout = 0.1", "dropout = 0.2"))
    assert described(str(path)) != known


def test_option_that_came_later_leaves_the_keys_of_networks_without_it() -> None:
    known = FITTER.describe(ModelEntry(label="x", model=str(TINY)), None)
    assert "relative_time_bias" not in known["config"]["model"]
    assert known["config"]["model"]["relative_bias"] is False
    used = FITTER.describe(ModelEntry("x", str(TINY), options=GAPS), None)
    assert used["config"]["model"]["relative_time_bias"] is True


def test_budget_of_minutes_is_part_of_what_a_network_is() -> None:
    entry = ModelEntry(label="x", model=str(TINY))
    bounded = Fitter(TRAIN, {}, minutes=2.0)
    assert bounded.network_config(entry, None).training.max_minutes == 2.0
    assert bounded.describe(entry, None) != FITTER.describe(entry, None)
    assert bounded.describe(ModelEntry("x", "ease"), None) == FITTER.describe(
        ModelEntry("x", "ease"), None
    )


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "one.py").write_text(f"def score():\n{IMPORTS}    return two.X\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "two.py").write_text("X = 1\n")
    (tmp_path / "other.py").write_text("Y = 1\n")
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "plots.py").write_text("COLOUR = 'red'\n")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "text", "changes"),
    [
        ("one.py", "# why\ndef score():\n    '''Say.'''\n", False),
        ("sub/two.py", "X = 2\n", True),
        ("other.py", "Y = 2\n", False),
        ("lab/plots.py", "COLOUR = 'blue'\n", False),
    ],
)
def test_hash_of_code_follows_imports_and_leaves_out_comments(
    package: Path, tmp_path_factory: pytest.TempPathFactory, file: str, text: str, changes: bool
) -> None:
    copy = tmp_path_factory.mktemp("copy")
    (copy / "sub").mkdir()
    (copy / "lab").mkdir()
    for path in package.rglob("*.py"):
        (copy / path.relative_to(package)).write_text(path.read_text())
    if file == "one.py":
        text += f"{IMPORTS}    return two.X\n"
    (copy / file).write_text(text)
    roots = ["recommender.ml.one"]
    assert (hash_code(roots, package) != hash_code(roots, copy)) is changes


def test_code_of_baselines_leaves_out_what_networks_alone_use() -> None:
    kinds = [ModelEntry("x", "ease"), ModelEntry("x", "popularity"), ModelEntry("x", str(TINY))]
    assert len({FITTER.code_of(entry) for entry in kinds}) == 3
