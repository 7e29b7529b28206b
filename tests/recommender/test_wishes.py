"""Years and genres that somebody never wants act inside scoring, and move with a guest."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import merge_guest
from catalog.models import Genre, Movie
from catalog.services import bump_catalogue_version
from recommender.answers import Filters
from recommender.dials import DialOptions, Dials
from recommender.models import ModelVersion, TasteProfile
from recommender.services import InvalidDialError, exclude_genres, set_dials
from tests.catalog.factories import make_guest
from tests.recommender.asking import get_recommendations
from tests.recommender.conftest import Watch

THIS_YEAR = timezone.now().year


def get_ids(user: User, **options: Any) -> list[int]:
    items = get_recommendations(user=user, limit=60, **options).items
    return [item.movie_id for item in items]


def get_years(user: User, **options: Any) -> set[int]:
    items = get_recommendations(user=user, limit=60, **options).items
    found = Movie.objects.filter(pk__in=[item.movie_id for item in items])
    return {year for year in found.values_list("year", flat=True) if year}


def get_genres(user: User, **options: Any) -> set[str]:
    items = get_recommendations(user=user, limit=60, **options).items
    genres = Genre.objects.filter(movies__in=[item.movie_id for item in items])
    return set(genres.values_list("name", flat=True))


@pytest.mark.parametrize("films", [0, 2, 6])
def test_last_years_keep_to_new_films_however_long_the_history(
    films: int, active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, *range(1, films + 1))
    span = THIS_YEAR - 2010 + 1  # from 2010 on
    set_dials(user=viewer, dials=Dials(last_years=span))
    assert get_years(viewer) == set(range(2010, 2021))
    assert get_years(viewer, dials=DialOptions(last_years=span - 5)) == set(range(2015, 2021))
    assert min(get_years(viewer, dials=DialOptions(last_years=0))) < 2010


def test_films_of_unknown_year_or_genre_come_last(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 1, 4, 7, 10, 13)
    Movie.objects.filter(pk__in=(50, 53)).update(year=None)
    for movie in Movie.objects.filter(pk__in=(20, 23)):
        movie.genres.clear()
    bump_catalogue_version()
    drama = Genre.objects.get(name="Drama").pk
    films = [pk for pk in range(2, 60, 3) if pk not in (20, 23)]
    found = get_ids(viewer, filters=Filters(genre_ids=(drama,)))
    assert (set(found[:-2]), set(found[-2:])) == (set(films), {20, 23})
    found = get_ids(viewer, filters=Filters(min_year=2000))
    assert set(found[-2:]) == {50, 53}
    assert min(found[:-2]) == 40
    set_dials(user=viewer, dials=Dials(last_years=THIS_YEAR - 2000 + 1))
    assert set(get_ids(viewer)[-2:]) == {50, 53}
    assert min(get_ids(viewer)) == 40


def test_years_asked_for_this_time_win(active_model: ModelVersion, viewer: User) -> None:
    set_dials(user=viewer, dials=Dials(last_years=10))
    assert get_years(viewer, filters=Filters(min_year=1970, max_year=1972)) == {1970, 1971, 1972}


def test_excluded_genres_are_never_shown_unless_asked_for(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 1, 4, 7, 10, 13)
    ids = {genre.name: genre.pk for genre in Genre.objects.all()}
    exclude_genres(user=viewer, genre_ids=[ids["Drama"]])
    assert get_genres(viewer) == {"Action", "Comedy"}
    assert get_genres(viewer, filters=Filters(genre_ids=(ids["Drama"],))) == {"Drama"}
    exclude_genres(user=viewer, genre_ids=[])
    assert get_genres(viewer) == {"Action", "Comedy", "Drama"}


@pytest.mark.parametrize("years", [-1, 151])
def test_years_beyond_films_are_refused(years: int, viewer: User) -> None:
    with pytest.raises(InvalidDialError):
        set_dials(user=viewer, dials=Dials(last_years=years))


def test_database_refuses_years_beyond_films(viewer: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        TasteProfile.objects.create(user=viewer, last_years=0)


def test_api_takes_last_years(active_model: ModelVersion, viewer: User) -> None:
    client = APIClient()
    client.force_authenticate(viewer)
    span = THIS_YEAR - 2018 + 1
    url = "/api/v1/me/recommendations"
    found = client.get(url, {"last_years": span, "limit": 50}).json()["results"]
    assert {film["movie"]["year"] for film in found} == {2018, 2019, 2020}
    body = {"history": [], "last_years": span, "limit": 50}
    posted = client.post("/api/v1/recommendations/session", body, format="json").json()
    assert {film["movie"]["year"] for film in posted["results"]} == {2018, 2019, 2020}
    assert client.get(url, {"last_years": "151"}).status_code == 400
    assert client.get(url, {"last_years": "-1"}).status_code == 400


def test_guests_wishes_move_to_an_account_without_any(
    active_model: ModelVersion, viewer: User
) -> None:
    guest, drama = make_guest(), Genre.objects.get(name="Drama")
    set_dials(user=guest, dials=Dials(obscurity=0.5, newness=-1.0, variety=0.8, last_years=7))
    exclude_genres(user=guest, genre_ids=[drama.pk])
    merge_guest(guest=guest, user=viewer)
    profile = TasteProfile.objects.get(user=viewer)
    assert (profile.obscurity, profile.newness, profile.variety) == (0.5, -1.0, 0.8)
    assert profile.last_years == 7
    assert list(profile.excluded_genres.all()) == [drama]


def test_wishes_of_the_account_win_over_a_guests(active_model: ModelVersion, viewer: User) -> None:
    guest = make_guest()
    drama, comedy = (Genre.objects.get(name=name) for name in ("Drama", "Comedy"))
    set_dials(user=viewer, dials=Dials(obscurity=-0.5, last_years=50))
    exclude_genres(user=viewer, genre_ids=[comedy.pk])
    set_dials(user=guest, dials=Dials(obscurity=0.5, adventure=1.0, last_years=7))
    exclude_genres(user=guest, genre_ids=[drama.pk])
    merge_guest(guest=guest, user=viewer)
    profile = TasteProfile.objects.get(user=viewer)
    assert (profile.obscurity, profile.adventure, profile.last_years) == (-0.5, 1.0, 50)
    assert list(profile.excluded_genres.all()) == [comedy]
