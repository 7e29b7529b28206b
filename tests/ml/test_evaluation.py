"""Asking recommenders and summing up their answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.ml.baselines.popularity import Popularity
from recommender.ml.datasets import MovieInfo, Vocabulary
from recommender.ml.evaluation import Catalogue, evaluate
from recommender.ml.metrics import MISS
from recommender.ml.segments import segment_by_history_length, segment_by_target_genre
from recommender.ml.significance import bootstrap_interval, paired_difference
from recommender.ml.splits import last_n, leave_one_out
from recommender.ml.tokens import Watchings
from tests.ml.tiny_data import interactions_of

TRAIN = interactions_of([[1, 2, 3], [1, 2, 3], [1, 2, 4], [1, 5, 6]])
MOVIES = {
    1: MovieInfo("A", 2000, ("Drama",)),
    2: MovieInfo("B", 2000, ("Drama", "Crime")),
    3: MovieInfo("C", 2000, ("Comedy",)),
}


class NextMovie:
    """Recommends the movie whose item_idx follows the newest; remembers what it was asked."""

    name = "next"

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.asked: list[tuple[list[int], list[int]]] = []

    def score(
        self,
        histories: Sequence[NDArray[np.int32]],
        watchings: Watchings | None,
    ) -> NDArray[np.float32]:
        scores = np.zeros((len(histories), len(self.vocabulary)), dtype=np.float32)
        assert watchings is not None
        times_of = watchings.timestamps
        for row, (history, times) in enumerate(zip(histories, times_of, strict=True)):
            self.asked.append((history.tolist(), times.tolist()))
            if len(history):
                scores[row, (history[-1] + 1) % len(self.vocabulary)] = 1.0
        return scores


def catalogue() -> Catalogue:
    return Catalogue.build(TRAIN, MOVIES)


def test_seen_movies_are_left_out_of_the_ranking() -> None:
    popularity = Popularity().fit(TRAIN, Vocabulary.build(TRAIN))
    split = leave_one_out(interactions_of([[1, 2, 3]]))
    answer = evaluate(popularity, split, catalogue())
    assert answer.ranks[0].tolist() == [1]
    assert not {1, 2} & set(answer.top[0][:4].tolist())


def test_popularity_ties_count_against_it() -> None:
    popularity = Popularity().fit(TRAIN, Vocabulary.build(TRAIN))
    split = leave_one_out(interactions_of([[1, 5]]))
    # Unseen: 2 (three people), 3 (two), then 4, 5 and 6 tied at one person each.
    assert evaluate(popularity, split, catalogue()).ranks[0].tolist() == [5]


def test_unknown_movies_are_cut_from_histories_and_missed_as_targets() -> None:
    model = NextMovie(Vocabulary.build(TRAIN))
    split = last_n(interactions_of([[99, 1, 98, 2, 3, 97]]), n=2)
    answer = evaluate(model, split, catalogue())
    assert model.asked == [([1, 2], [1060, 1180])]
    assert answer.ranks[0].tolist() == [1, MISS]
    assert answer.means()["hit@10"] == 1.0


def test_people_keep_their_place_whatever_the_batches() -> None:
    histories = [[1, 2, 3], [1, 2, 3, 4, 5, 6], [5, 6], [2, 3], [1, 3, 4]]
    split = leave_one_out(interactions_of(histories))
    vocabulary = Vocabulary.build(TRAIN)
    whole = evaluate(NextMovie(vocabulary), split, catalogue())
    small = evaluate(NextMovie(vocabulary), split, catalogue(), batch_size=2)
    assert [r.tolist() for r in whole.ranks] == [r.tolist() for r in small.ranks]
    assert [int(r[0]) for r in whole.ranks] == [1, 1, 1, 1, 1]


def test_shuffled_histories_break_a_model_of_order_but_not_popularity() -> None:
    vocabulary = Vocabulary.build(TRAIN)
    split = leave_one_out(interactions_of([[1, 2, 3, 4]] * 40))
    mixed = split.with_shuffled_histories()
    of_order, popularity = NextMovie(vocabulary), Popularity().fit(TRAIN, vocabulary)
    assert evaluate(of_order, split, catalogue()).means()["mrr"] == 1.0
    assert evaluate(of_order, mixed, catalogue()).means()["mrr"] < 0.8
    same = [evaluate(popularity, s, catalogue()).means()["mrr"] for s in (split, mixed)]
    assert same[0] == same[1]


def test_progress_counts_everyone_once() -> None:
    split = leave_one_out(interactions_of([[1, 2]] * 5))
    seen: list[int] = []
    model = NextMovie(Vocabulary.build(TRAIN))
    evaluate(model, split, catalogue(), batch_size=2, progress=seen.append)
    assert seen == [2, 2, 1]


def test_segments_by_history_length_split_people() -> None:
    histories = [[1, 2], [1, 2, 3, 4, 5, 6], list(range(1, 22)), list(range(1, 102))]
    answer = evaluate(
        NextMovie(Vocabulary.build(TRAIN)), leave_one_out(interactions_of(histories)), catalogue()
    )
    table = segment_by_history_length(answer)
    assert {label: row["people"] for label, row in table.items()} == {
        "<5": 1,
        "5-19": 1,
        "20-99": 1,
        ">=100": 1,
    }
    assert table["<5"]["hit@10"] == 1.0


def test_segments_by_genre_count_each_target_in_each_of_its_genres() -> None:
    split = last_n(interactions_of([[4, 1, 2], [6, 1, 99]]), n=2)
    answer = evaluate(NextMovie(Vocabulary.build(TRAIN)), split, catalogue())
    table = segment_by_target_genre(answer, catalogue().genres)
    assert {genre: row["targets"] for genre, row in table.items()} == {"Crime": 1.0, "Drama": 3.0}


def test_bootstrap_interval_holds_the_mean_and_narrows_with_people() -> None:
    rng = np.random.default_rng(1)
    few, many = rng.random(30), rng.random(3000)
    low, high = bootstrap_interval(few)
    assert low < few.mean() < high
    narrow = bootstrap_interval(many)
    assert narrow[1] - narrow[0] < (high - low) / 5
    error = many.std() / len(many) ** 0.5
    assert narrow[1] - narrow[0] == pytest.approx(2 * 1.96 * error, rel=0.1)  # 95 %
    assert bootstrap_interval(np.ones(9)) == (1.0, 1.0)


def test_paired_difference_is_surer_than_two_intervals() -> None:
    split = leave_one_out(interactions_of([[1, 2, 3]] * 40))
    answer = evaluate(NextMovie(Vocabulary.build(TRAIN)), split, catalogue())
    base = np.random.default_rng(2).random(40)
    better = replace(answer, per_person={"mrr": base + 0.01})
    worse = replace(answer, per_person={"mrr": base})
    assert paired_difference(better, worse, "mrr") == pytest.approx((0.01, 0.01, 0.01))


def test_answers_to_different_questions_are_not_compared() -> None:
    model = NextMovie(Vocabulary.build(TRAIN))
    one = evaluate(model, leave_one_out(interactions_of([[1, 2]])), catalogue())
    two = evaluate(model, leave_one_out(interactions_of([[1, 3]])), catalogue())
    with pytest.raises(ValueError, match="different splits"):
        paired_difference(one, two, "mrr")
