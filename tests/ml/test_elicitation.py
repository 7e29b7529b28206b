import math

import numpy as np
import pytest

from recommender.ml.elicitation import (
    TRUST,
    LatentTastes,
    StarQuestions,
    choose_films,
    draw_anchors,
    expect_information,
    expect_star_information,
    imagine_tastes,
    update_covariance,
    weigh_tastes,
)

NONE = np.empty(0, dtype=np.int64)


def make_tastes(*seen: list[float], genres: list[list[float]] | None = None) -> LatentTastes:
    """One row a kind of viewer, one column a film."""
    lift = genres if genres is not None else [[1.0]] * len(seen)
    return LatentTastes(np.array(seen, dtype=np.float32), np.array(lift, dtype=np.float32))


def even(count: int) -> np.ndarray:
    return np.full(count, 1 / count, dtype=np.float32)


def test_information_is_that_of_a_hand_computed_case() -> None:
    tastes = make_tastes([0.9, 0.5, 0.9], [0.1, 0.5, 0.9])
    found = expect_information(tastes, even(2)[None, :])
    # H(1/2) - H(0.9) = 0.6931 - 0.3251 nats; films seen alike by both kinds tell nothing
    assert found == pytest.approx([0.3681, 0.0, 0.0], abs=1e-4)


def test_star_information_is_that_of_a_hand_computed_case() -> None:
    stars = StarQuestions(np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([1.0, 0.5]), np.eye(2))
    found = expect_star_information(stars, stars.covariance)
    assert found == pytest.approx([0.5 * math.log(2), 0.5 * math.log(9)], abs=1e-6)
    after = update_covariance(np.eye(2), np.array([1.0, 0.0]), 1.0)
    assert after == pytest.approx(np.diag([0.5, 1.0]))


def test_film_that_most_know_but_that_tells_nothing_is_not_asked_about() -> None:
    tastes = make_tastes([0.97, 0.6], [0.97, 0.2])
    assert choose_films(tastes, even(2), np.array([True, True]), count=1) == [1]


def test_page_asks_for_what_the_films_before_do_not_tell() -> None:
    # Films 0 and 1 part the same two halves of the kinds; film 2 parts them otherwise, less well.
    tastes = make_tastes([0.95, 0.94, 0.8], [0.95, 0.94, 0.2], [0.05, 0.06, 0.8], [0.05, 0.06, 0.2])
    alone = expect_information(tastes, even(4)[None, :])
    assert alone[1] > alone[2]
    assert choose_films(tastes, even(4), np.ones(3, dtype=bool), count=2) == [0, 2]


def test_stars_count_for_as_much_as_the_film_is_known() -> None:
    tastes = make_tastes([0.5, 0.01], [0.5, 0.01])
    stars = StarQuestions(np.array([[1.0], [2.0]]), np.array([1.0, 1.0]), np.eye(1))
    assert choose_films(tastes, even(2), np.ones(2, dtype=bool), count=1, stars=stars) == [0]


def test_answers_and_genres_move_the_weights_as_tempered_bayes_says() -> None:
    tastes = make_tastes([0.8, 0.5], [0.2, 0.5], genres=[[1.5, 1.0], [0.5, 1.0]])
    film = np.array([0])
    seen = weigh_tastes(tastes, chosen=NONE, seen=film, unseen=NONE)
    odds = (0.8 / 0.2) ** TRUST
    assert seen == pytest.approx([odds / (1 + odds), 1 / (1 + odds)])
    unseen = weigh_tastes(tastes, chosen=NONE, seen=NONE, unseen=film)
    assert unseen == pytest.approx([1 / (1 + odds), odds / (1 + odds)])
    chosen = weigh_tastes(tastes, chosen=np.array([0]), seen=NONE, unseen=NONE)
    assert chosen == pytest.approx([0.75, 0.25])


def test_next_page_follows_the_answers() -> None:
    # Of the first two kinds film 1 tells more, of the last two film 2; film 0 says which two.
    tastes = make_tastes([0.95, 0.9, 0.5], [0.95, 0.1, 0.5], [0.05, 0.5, 0.85], [0.05, 0.5, 0.1])
    rest = np.array([False, True, True])
    for answer, wanted in (("seen", 1), ("unseen", 2)):
        told = {"seen": NONE, "unseen": NONE, answer: np.array([0])}
        weights = weigh_tastes(tastes, chosen=NONE, **told)
        assert choose_films(tastes, weights, rest, count=1) == [wanted]


def test_imagined_tastes_know_more_of_what_they_watch() -> None:
    scores = np.array([[2.0, 0.0, -np.inf], [0.0, 2.0, -np.inf]], dtype=np.float32)
    counts = np.array([80, 40, 0])
    genres = np.array([[True, False], [False, True], [True, True]])
    tastes = imagine_tastes(scores, counts, genres, np.array([0, 1, 2]))
    odds = math.exp(2) / (1 + math.exp(2))
    # known by half of all, watched 2 x 0.8808 times as often as usual by the first kind
    assert tastes.seen[0, 0] == pytest.approx(1 - 0.5 ** (2 * odds), abs=1e-5)
    assert tastes.seen[1, 0] == pytest.approx(1 - 0.5 ** (2 * (1 - odds)), abs=1e-5)
    assert tastes.genres[0] == pytest.approx([2 * odds, 2 * (1 - odds)], abs=1e-5)
    assert (tastes.seen[:, 2] < 0.001).all()


def test_no_more_films_than_are_open_and_none_twice() -> None:
    rng = np.random.default_rng(3)
    tastes = make_tastes(*rng.uniform(0.05, 0.9, (6, 10)).tolist())
    is_open = np.arange(10) < 7
    chosen = choose_films(tastes, even(6), is_open, count=50)
    assert sorted(chosen) == list(range(7))
    assert chosen == choose_films(tastes, even(6), is_open, count=50)
    assert choose_films(tastes, even(6), np.zeros(10, dtype=bool), count=3) == []


def test_anchors_are_films_that_somebody_rated() -> None:
    counts = np.array([0, 5, 0, 9, 1])
    assert sorted(draw_anchors(counts).tolist()) == [1, 3, 4]
    assert draw_anchors(np.zeros(3, dtype=np.int64)).tolist() == []
