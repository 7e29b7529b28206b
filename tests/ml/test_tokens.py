"""Tokens carry a film, its stars and its half-year, and networks read them."""

import numpy as np
import pytest
import torch

from recommender.ml.datasets import Interactions, Vocabulary
from recommender.ml.histories import History
from recommender.ml.model_building import fill_unseen_eras
from recommender.ml.tokens import (
    ERA_SECONDS,
    FIRST_ERA_AT,
    MAX_ITEMS,
    TokenFeatures,
    era_at,
    eras_of,
    items_of,
    seconds_of,
    stars_of,
    token_histories,
)
from tests.ml.tiny_models import small_model

BOTH = TokenFeatures(stars=True, times=True)


def test_token_gives_back_what_went_in() -> None:
    tokens = BOTH.make_tokens(
        np.array([1, MAX_ITEMS, 7]),
        stars=[0.5, 5.0, np.nan],
        timestamps=[FIRST_ERA_AT, FIRST_ERA_AT + 3 * ERA_SECONDS, 0],
    )
    assert items_of(tokens).tolist() == [1, MAX_ITEMS, 7]
    assert stars_of(tokens).tolist() == [1, 10, 0]
    assert eras_of(tokens).tolist() == [1, 4, 0]


def test_token_carries_the_second_for_a_network_that_reads_it() -> None:
    features = TokenFeatures(stars=True, times=True, seconds=True)
    times = [10**9 + 7, 2**32 - 1, 2**40, 0, -5]
    tokens = features.make_tokens(
        np.array([1, MAX_ITEMS, 2, 3, 4]), stars=[5.0] * 5, timestamps=times
    )
    assert (tokens > 0).all()
    assert seconds_of(tokens).tolist() == [10**9 + 7, 2**32 - 1, 2**32 - 1, 0, 0]
    assert seconds_of(torch.from_numpy(tokens)).tolist() == seconds_of(tokens).tolist()
    assert items_of(tokens).tolist() == [1, MAX_ITEMS, 2, 3, 4]
    assert stars_of(tokens).tolist() == [10] * 5
    assert eras_of(tokens).tolist() == era_at(np.array(times)).tolist()
    assert not seconds_of(BOTH.make_tokens(np.array([1]), timestamps=[10**9])).any()


def test_padding_stays_zero_whatever_is_known_of_it() -> None:
    assert BOTH.make_tokens(np.array([0]), stars=[4.0], timestamps=[FIRST_ERA_AT]).tolist() == [0]


def test_network_that_reads_films_alone_gets_films_alone() -> None:
    tokens = TokenFeatures().make_tokens(np.array([3, 4]), stars=[4, 5], timestamps=[10**9] * 2)
    assert tokens.tolist() == [3, 4]


def test_far_past_and_far_future_have_the_first_and_the_last_era() -> None:
    assert era_at(np.array([1, 10**12, 0, -5])).tolist() == [1, 127, 0, 0]


def test_times_that_tell_order_alone_are_unknown() -> None:
    interactions = Interactions(
        person=np.array([0, 0, 1], dtype=np.int32),
        movie_id=np.array([10, 20, 10], dtype=np.int32),
        rating=np.array([4, 3, 5], dtype=np.float32),
        timestamp=np.array([10**9, 10**9 + 1, 10**9], dtype=np.int64),
        person_keys=[("ordered", 1), ("timed", 1)],
        order_only=frozenset({"ordered"}),
    )
    ordered, timed = token_histories(interactions, Vocabulary(np.array([0, 10, 20])), BOTH)
    assert eras_of(ordered).tolist() == [0, 0]
    assert eras_of(timed).tolist() == [era_at(np.array([10**9]))[0]]
    assert items_of(ordered).tolist() == [1, 2]
    assert stars_of(ordered).tolist() == [8, 6]


def test_history_keeps_the_first_place_of_a_film_and_skips_unknown_ones() -> None:
    history = History.of([20, 99, 10, 20], stars=[4, 1, 2, 5])
    tokens = history.tokens(Vocabulary(np.array([0, 10, 20])), BOTH)
    assert items_of(tokens).tolist() == [2, 1]
    assert stars_of(tokens).tolist() == [8, 4]


@pytest.mark.parametrize("name", ["stars", "eras"])
def test_network_reads_what_stands_above_the_film(name: str) -> None:
    model = small_model(star_features=True, time_features=True).eval()
    with torch.no_grad():
        getattr(model, name).normal_()
    plain = torch.tensor([[3, 4]])
    shift = 20 if name == "stars" else 24
    told = plain | (5 << shift)
    with torch.no_grad():
        assert not torch.allclose(model(plain), model(told), atol=1e-3)


def test_network_without_features_ignores_what_stands_above_the_film() -> None:
    model = small_model().eval()
    plain = torch.tensor([[3, 4]])
    with torch.no_grad():
        assert torch.equal(model(plain), model(plain | (5 << 24)))


def test_eras_nobody_watched_in_take_the_nearest_before() -> None:
    model = small_model(time_features=True)
    assert model.eras is not None
    with torch.no_grad():
        model.eras.zero_()
        model.eras[0], model.eras[5], model.eras[8] = 9.0, 1.0, 2.0
    fill_unseen_eras(model)
    first = model.eras[:, 0].tolist()
    assert first[:10] == [9, 1, 1, 1, 1, 1, 1, 1, 2, 2]
    assert set(first[8:]) == {2}
