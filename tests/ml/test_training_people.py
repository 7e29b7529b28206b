"""What a training reads is made of the people who are not validated on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recommender.ml.config import DataConfig, ExperimentConfig
from recommender.ml.datasets import MovieInfo
from recommender.ml.errors import TrainingError
from recommender.ml.training_people import make_training_data, take_validation_people
from tests.ml.tiny_data import interactions_of


def test_everybody_is_fitted_or_validated_on() -> None:
    people = interactions_of([[number, number + 1] for number in range(1, 201, 2)])
    fit, validation = take_validation_people(people, fraction=0.3, name="tiny")
    assert sorted([*fit.person_keys, *validation.person_keys]) == people.person_keys
    assert not set(fit.person_keys) & set(validation.person_keys)


def test_too_few_people_are_refused_by_name() -> None:
    with pytest.raises(TrainingError, match="tiny: 1 people are too few"):
        take_validation_people(interactions_of([[1, 2, 3]]), fraction=0.5, name="tiny")


def test_films_that_only_validation_people_know_are_left_out() -> None:
    fit, validation = interactions_of([[10, 20], [20, 30]]), interactions_of([[10, 99, 30]])
    data = make_training_data(ExperimentConfig(name="tiny"), fit, validation)
    assert data.movie_ids.tolist() == [0, 10, 20, 30]
    assert [history.tolist() for history in data.train] == [[1, 2], [2, 3]]
    assert [history.tolist() for history in data.validation] == [[1, 3]]
    assert data.themes is None


def test_rare_films_are_left_out_and_genres_follow_the_others() -> None:
    config = ExperimentConfig(name="tiny", data=DataConfig(min_ratings=2))
    people = interactions_of([[10, 20], [20, 30]])
    movies = {20: MovieInfo("Heat", 1995, ("Action",))}
    data = make_training_data(config, people, people, movies)
    assert data.movie_ids.tolist() == [0, 20]
    assert data.themes is not None
    assert data.themes.years.tolist() == [0, 1995]


def test_people_with_clock_times_are_read_as_often_as_the_config_says() -> None:
    fit = interactions_of([[10, 20], [20, 30], [10, 30]])
    fit = replace(fit, person_keys=[("clock", 1), ("order", 1), ("clock", 2)])
    fit = replace(fit, order_only=frozenset({"order"}))
    config = ExperimentConfig(name="tiny", data=DataConfig(clock_repeats=3))
    data = make_training_data(config, fit, fit)
    assert data.repeats is not None
    assert data.repeats.tolist() == [3, 1, 3]
    read = [history.tolist() for history in data.read]
    assert read == [[1, 2]] * 3 + [[2, 3]] + [[1, 3]] * 3


def test_nobody_is_read_less_than_once() -> None:
    with pytest.raises(ValueError, match="clock_repeats must be at least 1"):
        DataConfig(clock_repeats=0)
