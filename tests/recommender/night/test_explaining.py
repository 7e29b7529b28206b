import pytest

from recommender.night.explaining import Forecast, explain_film
from recommender.night.models import MovieNight

Rule = MovieNight.Rule


def explain(rule: str, *stars: float | None) -> str:
    names = ("Ada", "Ben", "Cleo")
    forecasts = [Forecast(name, value) for name, value in zip(names, stars, strict=False)]
    return explain_film(rule=rule, forecasts=forecasts)


@pytest.mark.parametrize(
    ("least", "claim"), [(3.5, "3.5"), (3.49, "3"), (3.99, "3.5"), (4.0, "4"), (3.0, "3")]
)
def test_claim_names_a_half_star_that_all_forecasts_reach(least: float, claim: str) -> None:
    assert f"None of you is predicted below {claim} stars" in explain(
        Rule.WITHOUT_MISERY, least, 4.5, 5.0
    )


def test_misery_that_could_not_be_avoided_is_named() -> None:
    said = explain(Rule.WITHOUT_MISERY, 4.0, 2.4, 4.1)
    assert said == "Ben is predicted only 2.4 stars; the average of you all is 3.5."


def test_least_misery_names_the_least_keen() -> None:
    said = explain(Rule.LEAST_MISERY, 4.0, 4.2, 3.7)
    assert said == "Even Cleo, the least keen of you, is predicted 3.7 stars."


def test_nothing_is_claimed_of_whom_nothing_is_known() -> None:
    said = explain(Rule.WITHOUT_MISERY, 4.0, None, 4.0)
    assert said == "We cannot say how it would please Ben."


def test_film_of_the_host_says_so() -> None:
    assert explain(Rule.HOST_PICKS, 4.0, 4.0).startswith("Picked by hand. None of you")


def test_stars_are_shown_with_one_decimal() -> None:
    assert [Forecast("Ada", value).shown for value in (3.96, 2.0, None)] == ["4.0", "2.0", "?"]
