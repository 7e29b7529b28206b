"""What is kept, and when it still counts."""

import dataclasses
from pathlib import Path

import pytest

from recommender.ml.datasets import MovieInfo
from tests.freshness.__main__ import CONFIG, CUTOFFS, parse_arguments
from tests.freshness.protocol import make_window
from tests.freshness.results import ROOT, SITE_FILES, name_result
from tests.freshness.worlds import make_world, tiny_config

PEOPLE, MOVIES = make_world()


def name(*, steps: int = 4, seed: int = 0, films: int = 50, seconds: int = 60) -> str:
    config = tiny_config()
    return name_result(
        make_window(2012, steps=steps),
        interactions=PEOPLE,
        movies={number: MOVIES.get(number, MovieInfo("?", None, ())) for number in range(films)},
        config=dataclasses.replace(
            config, training=dataclasses.replace(config.training, seed=seed)
        ),
        limits={"max_seconds": seconds},
    )


def test_same_question_has_the_same_name() -> None:
    assert name() == name()


@pytest.mark.parametrize("change", [{"steps": 2}, {"seed": 1}, {"films": 40}, {"seconds": 5}])
def test_all_that_a_result_depends_on_is_in_its_name(change: dict[str, int]) -> None:
    assert name(**change) != name()


def test_code_that_makes_results_is_where_it_is_looked_for() -> None:
    assert all((ROOT / file).is_file() for file in SITE_FILES)


def test_default_run_has_the_config_and_cutoffs_of_the_report() -> None:
    options = parse_arguments(["--data", "somewhere"])
    assert options.data == [Path("somewhere")]
    assert options.config == CONFIG
    assert CONFIG.is_file()
    assert len(set(CUTOFFS)) >= 4
