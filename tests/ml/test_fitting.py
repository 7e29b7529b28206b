"""Making the entries of a table ready: budgets, seeds, what each is fitted on."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender.ml.baselines.base import Baseline
from recommender.ml.errors import ConfigError
from recommender.ml.lab.comparison_config import ModelEntry
from recommender.ml.lab.fitting import Fitter
from recommender.ml.registry import RegistryError
from tests.ml.tiny_data import interactions_of

TINY = str(Path(__file__).parents[2] / "recommender" / "configs" / "tiny.toml")
TRAIN = interactions_of([[1, 2, 3], [2, 3, 4], [1, 4, 2]])


def test_budget_goes_to_all_that_train_by_steps_and_to_nothing_else() -> None:
    fitter = Fitter(TRAIN, {}, minutes=7.0)
    assert fitter.describe(ModelEntry("x", "ncf"), None)["options"] == {"max_minutes": 7.0}
    assert fitter.describe(ModelEntry("x", "lightgcn"), None)["options"] == {"max_minutes": 7.0}
    assert fitter.network_config(ModelEntry("x", TINY), None).training.max_minutes == 7.0
    assert fitter.describe(ModelEntry("x", "ease"), None)["options"] == {}


def test_entry_with_a_budget_of_its_own_keeps_it() -> None:
    fitter = Fitter(TRAIN, {}, minutes=7.0)
    ncf = ModelEntry("x", "ncf", options={"max_minutes": 2.0})
    assert fitter.describe(ncf, None)["options"] == {"max_minutes": 2.0}
    network = ModelEntry("x", TINY, options={"training.max_minutes": 2.0})
    assert fitter.network_config(network, None).training.max_minutes == 2.0


def test_seed_reaches_what_is_drawn_and_is_refused_by_what_is_not() -> None:
    fitter = Fitter(TRAIN, {})
    assert fitter.network_config(ModelEntry("x", TINY), 5).training.seed == 5
    assert fitter.describe(ModelEntry("x", "ials"), 5)["options"] == {"seed": 5}
    with pytest.raises(ConfigError, match="popularity has no seed; leave seeds out"):
        fitter.check(ModelEntry("x", "popularity", seeds=(0, 1)))


def test_configured_seed_and_the_same_given_are_one_fit() -> None:
    fitter = Fitter(TRAIN, {})
    entry = ModelEntry("x", TINY)
    assert fitter.describe(entry, None) == fitter.describe(entry, 0)


def test_fit_that_serves_two_entries_is_done_once() -> None:
    fitter = Fitter(TRAIN, {})
    first = fitter.fit(ModelEntry("a", "ease", options={"l2": 2.0}), None).recommender
    second = fitter.fit(ModelEntry("b", "ease-recency", options={"l2": 2.0}), None).recommender
    other = fitter.fit(ModelEntry("c", "ease", options={"l2": 3.0}), None).recommender
    weights = [getattr(model, "weights") for model in (first, second, other)]  # noqa: B009
    assert all(isinstance(model, Baseline) for model in (first, second, other))
    assert weights[0] is weights[1]
    assert weights[2] is not weights[0]


@pytest.mark.parametrize(
    ("entry", "error", "message"),
    [
        (ModelEntry("x", "ease", fit_on=("ml-1m",)), ConfigError, "ml-1m: it is not loaded"),
        (ModelEntry("x", "no/such.toml"), ConfigError, r"no/such\.toml: cannot be read"),
        (ModelEntry("x", "ease", options={"depth": 3}), RegistryError, "no option 'depth'"),
        (ModelEntry("x", TINY, options={"depth": 3}), ConfigError, "x: depth is not an option"),
        (ModelEntry("x", "no/such/model"), RegistryError, "neither a model directory"),
    ],
)
def test_entry_that_cannot_be_had_is_named_before_anything_is_fitted(
    entry: ModelEntry, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Fitter(TRAIN, {}).check(entry)
