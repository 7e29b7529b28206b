"""Deleting the named film is measured against deleting others."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.ml.attention_weights import attention_reader
from recommender.ml.checkpoint import load_model
from recommender.ml.errors import UsageError
from recommender.ml.faithfulness import (
    MOST_ATTENDED,
    MOST_RECENT,
    NAMED,
    RANDOM,
    Deletion,
    PersonDrops,
    measure_faithfulness,
    summarise,
)
from recommender.ml.faithfulness_report import report_lines
from recommender.ml.inference import InferenceModel
from recommender.ml.real_histories import read_held_out_sequences

SHIPPED = Path("recommender/artifacts/shipped")
DATA = Path("catalog/demo/ml-latest-small")


@pytest.fixture(scope="module")
def model() -> InferenceModel:
    return InferenceModel.load(SHIPPED)


@pytest.fixture(scope="module")
def sequences(model: InferenceModel) -> list[NDArray[np.int64]]:
    return read_held_out_sequences(model, [DATA], people=6)


def attend_to(place: int, sequence: NDArray[np.integer]) -> NDArray[np.float64]:
    """Give all attention to one place of the sequence."""
    weights = np.zeros(len(sequence))
    weights[place] = 1.0
    return weights


def deletion(falls: list[float], is_named: list[bool]) -> Deletion:
    fallen = np.array(falls)
    return Deletion(fallen, (fallen > 0).astype(np.float64), np.array(is_named, dtype=bool))


def two_people() -> list[PersonDrops]:
    """Return one person with two reasons, one with one, and one with none."""
    first = {
        NAMED: deletion([10, 0], [True, True]),
        MOST_RECENT: deletion([10, -2], [True, False]),
        MOST_ATTENDED: deletion([4, 2], [False, False]),
        RANDOM: deletion([1, 0], [False, False]),
    }
    second = {
        NAMED: deletion([3], [True]),
        MOST_RECENT: deletion([0], [False]),
        MOST_ATTENDED: deletion([3], [True]),
        RANDOM: deletion([2], [False]),
    }
    none = {choice: deletion([], []) for choice in first}
    return [
        PersonDrops(10, first, 0.5, True),
        PersonDrops(10, second, 0.7, False),
        PersonDrops(10, none, 0.9, False),
    ]


def test_named_film_lowers_what_is_shown_more_than_others_do(
    model: InferenceModel, sequences: list[NDArray[np.int64]]
) -> None:
    read = attention_reader(load_model(SHIPPED / "model.pt").model)
    drops = measure_faithfulness(model, sequences, read)
    figures = summarise(drops)
    assert figures["films"] == 60
    deleted = figures["deleted"]
    assert list(deleted) == [NAMED, MOST_RECENT, MOST_ATTENDED, RANDOM]
    assert deleted[NAMED]["mean_fall"][0] > deleted[RANDOM]["mean_fall"][0]
    assert deleted[NAMED]["share_falls"][0] > 0.5
    assert 0 < figures["attention"]["mean_share_of_films_deleted"] <= 1


def test_most_attended_film_is_the_one_attention_lies_on(
    model: InferenceModel, sequences: list[NDArray[np.int64]]
) -> None:
    for person in measure_faithfulness(model, sequences, partial(attend_to, -1)):
        attended, recent = person.deletions[MOST_ATTENDED], person.deletions[MOST_RECENT]
        assert np.array_equal(attended.falls, recent.falls)
        assert (person.attended, person.attends_to_last) == (1.0, True)
    others = measure_faithfulness(model, sequences, partial(attend_to, -5))
    assert not any(person.attends_to_last for person in others)
    assert any(
        not np.array_equal(
            person.deletions[MOST_ATTENDED].falls, person.deletions[MOST_RECENT].falls
        )
        for person in others
    )


def test_without_attention_the_most_attended_film_is_left_out_with_a_note(
    model: InferenceModel, sequences: list[NDArray[np.int64]]
) -> None:
    figures = summarise(measure_faithfulness(model, sequences[:3]))
    assert MOST_ATTENDED not in figures["deleted"]
    page = "\n".join(report_lines(described(figures)))
    assert "this network has no attention" in page
    assert "| the most attended |" not in page


def test_each_person_counts_the_same_and_differences_are_paired() -> None:
    figures = summarise(two_people())
    assert (figures["people"], figures["people_with_reason"]) == (3, 2)
    assert (figures["films"], figures["reasons"], figures["share_with_reason"]) == (30, 3, 0.1)
    named, recent = figures["deleted"][NAMED], figures["deleted"][MOST_RECENT]
    assert named["mean_fall"] == [4.0, 3.0, 5.0]  # means of the two are 5 and 3
    assert named["mean_fall_over_reasons"] == pytest.approx(13 / 3, abs=1e-4)
    assert named["median_fall"] == 3.0
    assert named["share_falls"][0] == 0.75
    assert recent["named_falls_further_by"] == [2.0, 1.0, 3.0]  # (0 + 2) / 2 and 3
    assert recent["share_named_falls_further"][0] == 0.75
    assert recent["share_same_as_named"][0] == 0.25
    attended = figures["deleted"][MOST_ATTENDED]
    assert attended["share_named_falls_less"][0] == 0.25
    assert attended["named_falls_further_by"][0] == 1.0  # (6 - 2) / 2 and 0
    assert "share_same_as_named" not in figures["deleted"][RANDOM]
    assert figures["attention"]["mean_share_of_films_deleted"] == pytest.approx(0.7)
    assert figures["attention"]["share_of_people_most_on_last"] == pytest.approx(1 / 3, abs=1e-4)


def test_page_says_what_attention_is_and_that_it_is_a_control() -> None:
    page = "\n".join(report_lines(described(summarise(two_people()))))
    assert "| the most attended | 3.0 [3.0, 3.0] | 3.0 | 3.0 | 100.0% [100.0%, 100.0%] |" in page
    assert "averaged over heads and layers" in page
    assert "Jain and Wallace 2019" in page


def test_people_without_any_reason_are_a_clear_error() -> None:
    with pytest.raises(UsageError, match="no film shown to these people has a reason"):
        summarise(two_people()[2:])


def test_sequences_are_of_people_held_out_and_known_films_alone(model: InferenceModel) -> None:
    sequences = read_held_out_sequences(model, [DATA], people=10, min_length=20)
    assert len(sequences) == 10
    assert all(len(sequence) >= 20 and (sequence > 0).all() for sequence in sequences)
    assert all(len(np.unique(sequence)) == len(sequence) for sequence in sequences)


def described(figures: dict[str, Any]) -> dict[str, Any]:
    """Return a report of these figures."""
    words = {"date": "2026-01-02", "command": "python -m …", "model": "the model small of today"}
    return {**words, "data_sets": ["tiny"], **figures}
