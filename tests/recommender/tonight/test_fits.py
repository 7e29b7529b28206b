"""Films that fit what was asked come before those of which that is not known."""

import pytest
from django.test import Client

from accounts.models import User
from catalog.models import Movie
from catalog.services import bump_catalogue_version
from recommender.models import ModelVersion
from tests.pages import read
from tests.recommender.conftest import Watch
from tests.recommender.tonight.steps import HISTORY, get_picks, make_series

DRAMAS = {2, 5, 8}


@pytest.fixture
def few_dramas(active_model: ModelVersion, viewer: User, watch: Watch) -> None:
    """Somebody with a history, where three films are Dramas and of the others no genre is known."""
    watch(viewer, *HISTORY)
    Movie.genres.through.objects.exclude(movie_id__in=DRAMAS).delete()
    bump_catalogue_version()


def test_film_that_fits_and_is_predicted_little_comes_before_those_that_may_not_fit(
    few_dramas: None, browser: Client
) -> None:
    Movie.objects.filter(pk__in=DRAMAS).update(rating_mean=0.5)
    bump_catalogue_version()
    assert {*get_picks(read(browser, "/?genre=Drama"))} == DRAMAS
    assert len(get_picks(read(browser, "/?genre=Drama&page=2"))) == 3


def test_all_that_fits_of_one_series_comes_before_what_may_not_fit(
    few_dramas: None, browser: Client
) -> None:
    make_series(DRAMAS)
    assert {*get_picks(read(browser, "/?genre=Drama"))} == DRAMAS
