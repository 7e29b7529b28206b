"""People with no to four films, by hand-computed cases."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.ml.cold.people import (
    AGE_BANDS,
    FilmTraits,
    blend_few,
    choose_genres,
    load_age_table,
    release_bins,
    score_age,
    score_leaning,
    score_newcomer,
)

NOBODY = np.array([], dtype=np.int64)


def films() -> FilmTraits:
    """Four films of the genres Animation, Western and one that is not in the age table."""
    return FilmTraits(
        counts=np.array([99, 9, 9, 0]),
        stars=np.array([0.0, 0.4, -0.4, 0.0], dtype=np.float32),
        genres=np.array([[0, 1, 0], [1, 0, 0], [1, 1, 0], [0, 0, 1]], dtype=np.bool_),
        genre_names=("Animation", "Western", "Martian"),
        years=np.array([1960, 1995, 1995, 0]),
    )


def test_newcomer_without_answers_gets_known_and_loved_films() -> None:
    expected = [np.log(100), np.log(10) + 0.2, np.log(10) - 0.2, 0.0]
    assert score_newcomer(films(), NOBODY) == pytest.approx(expected, abs=1e-5)


def test_chosen_genre_adds_its_likeness_and_comes_before_all_else() -> None:
    scores = score_newcomer(films(), np.array([0]))
    plain = score_newcomer(films(), NOBODY)
    gains = [0.0, 20 + 2.0, 20 + 2.0 / np.sqrt(2), 0.0]
    assert scores - plain == pytest.approx(gains, abs=1e-5)
    leaning = score_leaning(films(), np.array([0]), NOBODY)
    assert leaning - plain == pytest.approx([0.0, 2.0, 2.0 / np.sqrt(2), 0.0], abs=1e-5)


def test_liked_films_lean_to_their_genres_and_era_by_hand_computed_amounts() -> None:
    """Liked: the western of 1960. Answered: animation. So both genres weigh alike."""
    gain = score_leaning(films(), np.array([0]), np.array([0])) - score_newcomer(films(), NOBODY)
    near = np.exp(-np.square(np.array([0, 35, 35, 1960]) / 15.0))
    cosines = np.array([1 / np.sqrt(2), 1 / np.sqrt(2), 1.0, 0.0])
    assert gain == pytest.approx(2 * cosines + np.log(0.25 + 0.75 * near), abs=1e-5)


def test_two_chosen_genres_favour_the_film_of_both() -> None:
    gain = score_newcomer(films(), np.array([0, 1])) - score_newcomer(films(), NOBODY)
    assert gain == pytest.approx([20 + np.sqrt(2), 20 + np.sqrt(2), 22.0, 0.0], abs=1e-5)


def test_age_is_the_mean_leaning_to_the_genres_and_to_the_age_at_release() -> None:
    table = load_age_table()
    found = score_age(films(), 1, this_year=2000)
    animation, western = table["genres"]["Animation"][0], table["genres"]["Western"][0]
    curve = table["age_at_release"]
    expected = [western + curve[3], animation + curve[6], (animation + western) / 2 + curve[6], 0.0]
    assert found == pytest.approx(expected, abs=1e-5)
    shifted = score_newcomer(films(), NOBODY, age_band=1) - score_newcomer(films(), NOBODY)
    assert shifted == pytest.approx(found, abs=1e-5)


def test_children_lean_to_animation_and_the_oldest_to_westerns() -> None:
    young, old = (score_age(films(), band, this_year=2000) for band in (1, 56))
    assert young[1] > young[0]
    assert old[0] > old[1]


def test_release_bins_count_in_tens_from_sixty_before_birth() -> None:
    years = np.array([1900, 1986, 1995, 2000, 2150])
    assert release_bins(years, 1, this_year=2000).tolist() == [0, 6, 6, 7, 11]


def test_age_table_has_a_number_for_every_band() -> None:
    table = load_age_table()
    assert all(len(row) == len(AGE_BANDS) for row in table["genres"].values())
    assert len(table["age_at_release"]) == 12


def test_blend_is_the_hand_computed_mix_of_standardised_scores() -> None:
    model = np.array([1.0, 3.0, -np.inf, 2.0], dtype=np.float32)
    leaning = np.array([6.0, 0.0, 9.0, 3.0], dtype=np.float32)
    mixed = blend_few(model, leaning, weight=0.75)
    spread = np.sqrt(2 / 3)
    z_model = np.array([-1.0, 1.0, 0.0]) / spread
    z_leaning = np.array([3.0, -3.0, 0.0]) / (3 * spread)
    assert mixed[[0, 1, 3]] == pytest.approx(0.75 * z_model + 0.25 * z_leaning, abs=1e-5)
    assert mixed[2] == -np.inf


def test_blend_follows_the_model_where_it_is_sure() -> None:
    model = np.array([0.0, 0.0, 9.0, 0.0], dtype=np.float32)
    mixed = blend_few(model, score_leaning(films(), NOBODY, NOBODY))
    assert mixed.argmax() == 2
    assert np.argsort(-mixed)[1] == 0


def test_blend_with_nothing_to_show_or_all_alike_changes_no_order() -> None:
    model = np.full(3, -np.inf, dtype=np.float32)
    assert blend_few(model, np.ones(3, np.float32)).tolist() == model.tolist()
    same = blend_few(np.array([1, 2, 3], np.float32), np.ones(3, np.float32))
    assert np.argsort(same).tolist() == [0, 1, 2]
    none = blend_few(np.ones(3, np.float32), np.ones(3, np.float32), mask=np.zeros(3, np.bool_))
    assert none.tolist() == [1.0, 1.0, 1.0]


def test_answers_are_the_genres_a_history_leans_to() -> None:
    catalogue = FilmTraits(
        counts=np.full(8, 10),
        stars=np.zeros(8, np.float32),
        genres=np.array([[1, 0]] * 6 + [[0, 1]] * 2, dtype=np.bool_),
        genre_names=("Common", "Rare"),
        years=np.zeros(8, dtype=np.int64),
    )
    assert choose_genres(catalogue, [0, 6, 7]).tolist() == [1]
    assert choose_genres(catalogue, [0, 1, 2, 3]).tolist() == [0]
    assert choose_genres(catalogue, [0, 6]).tolist() == []
    assert choose_genres(catalogue, NOBODY).tolist() == []
