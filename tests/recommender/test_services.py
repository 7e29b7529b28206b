"""What people do to their taste marks their cached answers stale, in the same transaction."""

import threading

import pytest
from django.db import connection, transaction

from accounts.models import User
from accounts.services import merge_guest
from catalog.models import Genre, Movie
from catalog.services import UnknownMovieError, remove_rating, set_rating
from recommender import services
from recommender.models import HiddenMovie, TasteProfile
from recommender.serving import read_state
from recommender.taste.reading import read_taste
from recommender.taste.selectors import get_age_band
from tests.catalog.factories import make_guest


def version_of(user: User) -> int:
    return read_state(user_id=user.pk).taste_version


def test_rating_and_its_removal_each_change_the_taste_version(
    viewer: User, catalogue: list[Movie]
) -> None:
    before = version_of(viewer)
    set_rating(user=viewer, movie_id=1, stars=4)
    rated = version_of(viewer)
    remove_rating(user=viewer, movie_id=1)
    assert before < rated < version_of(viewer)


def test_rating_that_is_rolled_back_leaves_the_version(
    viewer: User, catalogue: list[Movie]
) -> None:
    def rate_and_fail() -> None:
        with transaction.atomic():
            set_rating(user=viewer, movie_id=1, stars=4)
            raise RuntimeError("the request failed")

    with pytest.raises(RuntimeError):
        rate_and_fail()
    assert version_of(viewer) == 0


def test_onboarding_keeps_genres_and_when(viewer: User, catalogue: list[Movie]) -> None:
    comedy, drama = Genre.objects.filter(name__in=["Comedy", "Drama"])
    services.save_onboarding(user=viewer, genre_ids=[comedy.pk, drama.pk])
    profile = services.save_onboarding(user=viewer, genre_ids=[drama.pk])
    assert list(profile.favourite_genres.all()) == [drama]
    assert profile.onboarded_at is not None


def test_age_is_kept_where_given_and_forgotten_where_not(
    viewer: User, catalogue: list[Movie]
) -> None:
    assert get_age_band(user=viewer) is None
    services.save_onboarding(user=viewer, genre_ids=[], age_band=25)
    before = version_of(viewer)
    assert (get_age_band(user=viewer), read_taste(user_id=viewer.pk).age_band) == (25, 25)
    services.save_onboarding(user=viewer, genre_ids=[])
    assert (get_age_band(user=viewer), read_taste(user_id=viewer.pk).age_band) == (None, None)
    assert version_of(viewer) > before


def test_age_that_is_no_band_is_refused_and_changes_nothing(
    viewer: User, catalogue: list[Movie]
) -> None:
    with pytest.raises(services.UnknownAgeBandError, match="26 is no age band"):
        services.save_onboarding(user=viewer, genre_ids=[], age_band=26)
    assert not TasteProfile.objects.filter(user=viewer).exists()


@pytest.mark.parametrize(("theirs", "mine", "kept"), [(18, None, 18), (18, 35, 35), (None, 35, 35)])
def test_age_of_a_guest_moves_to_an_account_without_one(
    theirs: int | None, mine: int | None, kept: int, viewer: User, catalogue: list[Movie]
) -> None:
    guest = make_guest()
    services.save_onboarding(user=guest, genre_ids=[], age_band=theirs)
    services.save_onboarding(user=viewer, genre_ids=[], age_band=mine)
    merge_guest(guest=guest, user=viewer)
    assert get_age_band(user=viewer) == kept


def test_onboarding_with_an_unknown_genre_changes_nothing(
    viewer: User, catalogue: list[Movie]
) -> None:
    with pytest.raises(services.UnknownGenreError, match="999999"):
        services.save_onboarding(user=viewer, genre_ids=[999999])
    assert not TasteProfile.objects.filter(user=viewer).exists()


def test_hiding_twice_hides_once(viewer: User, catalogue: list[Movie]) -> None:
    services.hide_movie(user=viewer, movie_id=3)
    hidden_version = version_of(viewer)
    services.hide_movie(user=viewer, movie_id=3)
    assert version_of(viewer) == hidden_version
    assert HiddenMovie.objects.filter(user=viewer).count() == 1
    services.unhide_movie(user=viewer, movie_id=3)
    assert version_of(viewer) > hidden_version
    assert not HiddenMovie.objects.exists()


def test_hiding_an_unknown_film_is_refused(viewer: User, catalogue: list[Movie]) -> None:
    with pytest.raises(UnknownMovieError):
        services.hide_movie(user=viewer, movie_id=424242)


def test_guests_hidden_films_and_genres_move_to_the_account(
    viewer: User, catalogue: list[Movie]
) -> None:
    guest = make_guest()
    genre = Genre.objects.get(name="Action")
    services.save_onboarding(user=guest, genre_ids=[genre.pk])
    services.hide_movie(user=guest, movie_id=3)
    services.hide_movie(user=guest, movie_id=4)
    services.hide_movie(user=viewer, movie_id=4)
    merge_guest(guest=guest, user=viewer)
    assert set(HiddenMovie.objects.filter(user=viewer).values_list("movie_id", flat=True)) == {3, 4}
    profile = TasteProfile.objects.get(user=viewer)
    assert list(profile.favourite_genres.all()) == [genre]
    assert profile.onboarded_at is not None


@pytest.mark.django_db(transaction=True)
def test_concurrent_ratings_each_count_in_the_version(viewer: User, catalogue: list[Movie]) -> None:
    def rate(movie_id: int) -> None:
        try:
            set_rating(user=viewer, movie_id=movie_id, stars=3)
        finally:
            connection.close()

    threads = [threading.Thread(target=rate, args=(movie_id,)) for movie_id in range(1, 21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert version_of(viewer) == 20
