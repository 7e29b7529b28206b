"""Letters typed wrong are counted as people make them."""

import pytest

from catalog.typing_errors import count_errors, rate_likeness


@pytest.mark.parametrize(
    ("typed", "meant", "errors"),
    [
        ("matrix", "matrix", 0),
        ("matix", "matrix", 1),
        ("mattrix", "matrix", 1),
        ("matryx", "matrix", 1),
        ("martix", "matrix", 1),
        ("teh", "the", 1),
        ("matix", "matinee", 3),
        ("", "up", 2),
        ("up", "", 2),
    ],
)
def test_errors_are_counted(typed: str, meant: str, errors: int) -> None:
    assert count_errors(typed, meant) == errors


def test_no_more_errors_are_counted_than_asked_for() -> None:
    assert count_errors("alien", "godfather", most=3) == 3
    assert count_errors("a", "godfather", most=3) == 3


def test_each_word_is_compared_with_the_nearest_of_the_title() -> None:
    assert rate_likeness("matix", "the matrix") == pytest.approx(0.8)
    assert rate_likeness("park jurasic", "jurassic park") == pytest.approx(1 - 1 / 11)
    assert rate_likeness("up", "inception") == 0.0
    assert rate_likeness("", "inception") == 1.0
