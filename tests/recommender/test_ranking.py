"""Ordering films by hand-computed cases."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender import ranking
from recommender.answers import Filters, HistoryItem, Taste
from recommender.catalogue_arrays import (
    CatalogueArrays,
    Titles,
    estimate_item_bias,
    find_popular_counts,
    weigh_popularity,
)
from recommender.ml.cold.people import GENRE_WEIGHT
from recommender.service_arrays import ServiceArrays


def make_catalogue() -> CatalogueArrays:
    """Four films: ids 10, 20, 30, 40; genres 1 (Comedy) and 2 (Drama); 40 has no year.

    Service 7 has film 10, service 5 film 20, none film 30; of 40 it is not known.
    """
    counts = np.array([100, 10, 50, 0], dtype=np.int32)
    means = np.array([4.0, 5.0, 2.0, 0.0], dtype=np.float32)
    genres = np.array([[1, 0], [1, 1], [0, 1], [0, 0]], dtype=np.bool_)
    mean, bias = estimate_item_bias(counts, means)
    return CatalogueArrays(
        version=1,
        movie_ids=np.array([10, 20, 30, 40]),
        years=np.array([1990, 2000, 2010, 0], dtype=np.int16),
        runtimes=np.array([90, 200, 0, 120], dtype=np.int16),
        services=ServiceArrays(
            ids=(7, 5),
            names=("Abel", "Bert"),
            offered=np.array([[0b10000000], [0b01000000], [0], [0]], dtype=np.uint8),
            is_known=np.array([True, True, True, False]),
        ),
        genre_ids=np.array([1, 2]),
        genre_names=("Comedy", "Drama"),
        genres=genres,
        rating_count=counts,
        mean_rating=mean,
        item_bias=bias,
        popularity=weigh_popularity(counts, mean + bias),
        popular_counts=find_popular_counts(counts, genres),
        titles=Titles.pack(["Ten", "Zwölf", "", "Forty"]),
    )


def eligible(**filters: object) -> list[int]:
    catalogue = make_catalogue()
    mask = ranking.make_eligible_mask(catalogue, taste=Taste(), filters=Filters(**filters))  # type: ignore[arg-type]
    found: list[int] = catalogue.movie_ids[mask].tolist()
    return found


def test_mean_and_bias_are_shrunk_by_hand_computed_amounts() -> None:
    mean, bias = estimate_item_bias(
        np.array([100, 25], dtype=np.int32), np.array([4.0, 3.0], dtype=np.float32)
    )
    assert mean == pytest.approx((400 + 75) / 125)
    assert bias == pytest.approx([100 * 0.2 / 125, 25 * -0.8 / 50], abs=1e-6)


def test_catalogue_without_ratings_has_no_bias_and_no_popularity() -> None:
    mean, bias = estimate_item_bias(np.zeros(2, np.int32), np.zeros(2, np.float32))
    assert (mean, bias.tolist()) == (3.5, [0.0, 0.0])
    assert weigh_popularity(np.zeros(2, np.int32), mean + bias).tolist() == [0.0, 0.0]


def test_much_rated_and_well_rated_films_are_popular() -> None:
    catalogue = make_catalogue()
    order = catalogue.movie_ids[np.argsort(-catalogue.popularity)].tolist()
    assert order == [10, 20, 30, 40]


def test_labels_name_films_and_leave_out_unknown_ones() -> None:
    labels = make_catalogue().label_films([20, 40, 11])
    assert labels == {
        20: (20, "Zwölf", 2000, ("Comedy", "Drama"), 200, ("Bert",)),
        40: (40, "Forty", None, (), 120, None),
    }


def test_positions_of_unknown_ids_are_minus_one() -> None:
    assert make_catalogue().positions_of([5, 10, 25, 40, 99]).tolist() == [-1, 0, -1, 3, -1]


def test_filters_keep_any_wanted_genre_and_no_excluded_one() -> None:
    assert eligible(genre_ids=(1,)) == [10, 20]
    assert eligible(genre_ids=(1, 2)) == [10, 20, 30]
    assert eligible(genre_ids=(1,), excluded_genre_ids=(2,)) == [10]
    assert eligible(excluded_genre_ids=(1, 2)) == [40]


def test_unknown_genre_id_matches_no_film() -> None:
    assert eligible(genre_ids=(99,)) == []


def test_year_range_leaves_out_films_of_unknown_year() -> None:
    assert eligible(min_year=2000) == [20, 30]
    assert eligible(max_year=2000) == [10, 20]
    assert eligible(min_year=1995, max_year=2005) == [20]


@pytest.mark.parametrize(
    ("asked", "doubtful"),
    [
        ({"genre_ids": (1,)}, [40]),
        ({"min_year": 2000}, [40]),
        ({"genre_ids": (2,), "max_year": 1999}, [40]),
        ({"genre_ids": (2,), "max_runtime": 119}, []),
        ({"service_ids": (7,)}, [40]),
        ({"service_ids": (5,), "max_runtime": 119}, []),
        ({"max_runtime": 10}, None),
    ],
)
def test_films_are_doubtful_where_only_what_is_not_known_keeps_them_out(
    asked: dict[str, Any], doubtful: list[int] | None
) -> None:
    catalogue, filters = make_catalogue(), Filters(**asked)
    mask = ranking.make_eligible_mask(catalogue, taste=Taste(), filters=filters)
    found = ranking.find_doubtful(catalogue, taste=Taste(), filters=filters, mask=mask)
    assert (None if found is None else catalogue.movie_ids[found].tolist()) == doubtful


def test_length_keeps_films_that_fit_and_those_of_unknown_length() -> None:
    assert eligible(max_runtime=90) == [10, 30]
    assert eligible(max_runtime=89) == [30]
    assert eligible(max_runtime=200) == [10, 20, 30, 40]


def test_services_keep_the_films_they_are_known_to_have() -> None:
    assert eligible(service_ids=(7,)) == [10]
    assert eligible(service_ids=(5, 7)) == [10, 20]
    assert eligible(service_ids=(99,)) == []
    assert eligible(service_ids=(5,), max_runtime=250) == [20]


def test_services_of_a_film_are_named_where_they_are_known() -> None:
    services = make_catalogue().services
    assert [services.names_at(place) for place in range(4)] == [("Abel",), ("Bert",), (), None]


def test_seen_and_hidden_films_are_not_eligible_whatever_the_stars() -> None:
    catalogue = make_catalogue()
    taste = Taste(
        history=(HistoryItem(10, 0.5), HistoryItem(777)), hidden_movie_ids=frozenset({30})
    )
    mask = ranking.make_eligible_mask(catalogue, taste=taste, filters=Filters())
    assert catalogue.movie_ids[mask].tolist() == [20, 40]


def test_chosen_genres_come_before_more_popular_films() -> None:
    catalogue = make_catalogue()
    scores = ranking.score_popularity(catalogue, (2,))
    assert catalogue.movie_ids[np.argsort(-scores)].tolist()[2:] == [10, 40]


def test_age_alone_shifts_popularity_and_nothing_answered_leaves_it() -> None:
    catalogue = make_catalogue()
    assert ranking.score_popularity(catalogue, ()).tolist() == catalogue.popularity.tolist()
    young = ranking.score_popularity(catalogue, (), age_band=1)
    old = ranking.score_popularity(catalogue, (), age_band=56)
    assert young[0] - young[2] > old[0] - old[2]  # a comedy against a drama


def test_films_unknown_to_the_model_follow_the_others_by_popularity() -> None:
    scores = np.array([-3.0, -np.inf, 5.0, -np.inf], dtype=np.float32)
    filled = ranking.complete(scores, np.array([0.1, 0.2, 0.3, 0.9], dtype=np.float32))
    assert np.argsort(-filled).tolist() == [2, 0, 3, 1]


def test_top_is_sorted_and_as_deep_as_films_exist() -> None:
    scores = np.array([1.0, 4.0, 4.0, 3.0], dtype=np.float32)
    mask = np.array([True, True, True, False])
    assert ranking.take_top(scores, mask, depth=2).positions.tolist() == [1, 2]
    assert ranking.take_top(scores, mask, depth=99).positions.tolist() == [1, 2, 0]


def test_diversity_parts_copies_and_loses_no_film() -> None:
    ranked = ranking.RankedFilms(np.arange(5), np.array([1, 0.99, 0.98, 0.6, 0.1], np.float32))
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)
    reordered = ranking.diversify(ranked, vectors).positions.tolist()
    assert reordered[:2] == [0, 2]
    assert sorted(reordered) == [0, 1, 2, 3, 4]
    assert reordered[-1] == 4


def test_predicted_rating_adds_both_biases_and_stays_in_range() -> None:
    catalogue = make_catalogue()
    generous = ranking.estimate_user_bias(
        catalogue, (HistoryItem(30, 5.0), HistoryItem(10, None), HistoryItem(777, 1.0))
    )
    expected = (5.0 - catalogue.mean_rating - float(catalogue.item_bias[2])) / 11
    assert generous == pytest.approx(expected)
    stars = ranking.predict_ratings(catalogue, np.array([0, 1]), user_bias=9.0)
    assert stars.tolist() == [5.0, 5.0]


def test_films_near_those_liked_gain_by_genres_and_era_in_common() -> None:
    """The film liked is a comedy of 1990; the others are ten and twenty years younger."""
    catalogue = make_catalogue()

    def lean(*liked: int) -> NDArray[np.float32]:
        positions = np.array(liked, dtype=np.int64)
        return ranking.score_leaning(catalogue, taste=Taste(), liked_positions=positions)

    cosines = np.array([1.0, 1 / np.sqrt(2), 0.0, 0.0])
    era = 0.25 + 0.75 * np.exp(-np.square(np.array([0, 10, 20, 1990]) / 15))
    assert lean(0) - lean() == pytest.approx(GENRE_WEIGHT * cosines + np.log(era), abs=1e-5)
