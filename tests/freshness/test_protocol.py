"""Who is asked what and when, worked out by hand."""

from pathlib import Path

import numpy as np
import pytest

from recommender.ml.errors import UsageError
from tests.freshness.protocol import (
    ask_last_films,
    ask_next_films,
    is_validation,
    make_window,
    pose,
    read_people,
)
from tests.freshness.worlds import at, make_interactions

NOBODY = np.zeros(3, dtype=bool)
# Person 0 rates monthly from September 2011; person 1 ended in 2011; person 2 came in May 2012.
WORLD = make_interactions(
    {
        0: [(number, at(2011 + (8 + number) // 12, (8 + number) % 12 + 1)) for number in range(12)],
        1: [(number, at(2011, 3, number + 1)) for number in range(8)],
        2: [(number, at(2012, 5, 1) + number) for number in range(30)],
    }
)


def test_window_is_a_year_in_equal_steps_refreshed_at_all_ends_but_the_last() -> None:
    window = make_window(2012, steps=4)
    assert window.cutoff == at(2012)
    assert window.refreshed_steps == [
        (at(2012, 4), at(2012, 7)),
        (at(2012, 7), at(2012, 10)),
        (at(2012, 10), at(2013)),
    ]


@pytest.mark.parametrize("steps", [0, 1, 5, 24])
def test_steps_that_are_no_equal_months_are_refused(steps: int) -> None:
    with pytest.raises(UsageError, match="2, 3, 4, 6 or 12"):
        make_window(2012, steps=steps)


def test_films_of_the_step_are_asked_for_after_five_others() -> None:
    rows = ask_next_films(WORLD, since=at(2012), until=at(2012, 6), left_out=NOBODY, limit=100)
    # Person 0 watched four films in 2011, then one a month: that of January is their fifth.
    assert rows[:4].tolist() == [5, 6, 7, 8]
    assert len(rows) == 4 + 25


def test_questions_are_spread_evenly_and_limited() -> None:
    rows = ask_next_films(WORLD, since=at(2012, 5), until=at(2012, 6), left_out=NOBODY, limit=4)
    places = rows[WORLD.person[rows] == 2] - WORLD.offsets[2]
    assert places.tolist() == [5, 13, 21, 29]


def test_people_who_decide_when_a_training_stops_are_not_asked() -> None:
    left_out = np.array([True, False, False])
    rows = ask_next_films(WORLD, since=at(2012), until=at(2013), left_out=left_out)
    assert set(WORLD.person[rows].tolist()) == {2}
    fractions = [is_validation(WORLD, fraction=fraction).sum() for fraction in (0.0, 1.0)]
    assert fractions == [0, 3]


def test_nobody_to_ask_is_no_error() -> None:
    assert not len(ask_next_films(WORLD, since=at(2020), until=at(2021), left_out=NOBODY))


def test_question_holds_all_films_before_the_target_and_none_after() -> None:
    rows = ask_next_films(WORLD, since=at(2012), until=at(2012, 4), left_out=NOBODY)
    split = pose(WORLD, rows, "freshness")
    assert [history.tolist() for history in split.histories] == [
        [0, 1, 2, 3, 4],
        [0, 1, 2, 3, 4, 5],
    ]
    assert [target.tolist() for target in split.targets] == [[5], [6]]
    assert all(
        times.max() < WORLD.timestamp[row]
        for times, row in zip(split.timestamps, rows, strict=True)
    )


def test_last_films_are_those_of_people_whose_histories_ended() -> None:
    rows = ask_last_films(WORLD, before=at(2012), left_out=NOBODY)
    assert set(WORLD.person[rows].tolist()) == {1}
    assert WORLD.movie_id[rows].tolist() == [5, 6, 7]  # of the last five, those after five others


def test_sets_without_true_times_take_no_part(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    (old / "ratings.dat").write_text("1::1::5::978300760\n1::2::4::978300761\n")
    (old / "movies.dat").write_text("1::One (1990)::Drama\n2::Two (1991)::Drama\n")
    with pytest.raises(UsageError, match="true times"):
        read_people([old])
    new = tmp_path / "new"
    new.mkdir()
    (new / "ratings.csv").write_text("userId,movieId,rating,timestamp\n7,1,5.0,978300760\n")
    (new / "movies.csv").write_text("movieId,title,genres\n1,One (1990),Drama\n")
    people, movies = read_people([tmp_path])
    assert people.person_keys == [("new", 7)]
    assert movies[1].title == "One"
