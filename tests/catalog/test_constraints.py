from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import User
from catalog.models import CatalogueState, Movie, Rating, Tag, WatchlistEntry
from catalog.services import bump_catalogue_version, refresh_movie_statistics
from tests.catalog.factories import add_movie, make_guest, make_member, make_movie

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("stars", ["0.0", "0.4", "5.5", "4.3", "-1.0"])
def test_database_refuses_stars_off_the_scale(member: User, movie: Movie, stars: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.create(user=member, movie=movie, stars=Decimal(stars))


@pytest.mark.parametrize("halves", range(1, 11))
def test_database_takes_every_half_star(member: User, movie: Movie, halves: int) -> None:
    Rating.objects.create(user=member, movie=movie, stars=Decimal(halves) / 2)


def test_database_refuses_a_second_row_for_a_pair(member: User, movie: Movie) -> None:
    Rating.objects.create(user=member, movie=movie, stars=3)
    WatchlistEntry.objects.create(user=member, movie=movie)
    Tag.objects.create(user=member, movie=movie, text="x")
    for again in (
        lambda: Rating.objects.create(user=member, movie=movie, stars=4),
        lambda: WatchlistEntry.objects.create(user=member, movie=movie),
        lambda: Tag.objects.create(user=member, movie=movie, text="x"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            again()


def test_imported_people_are_unique_in_their_data_set(db: None) -> None:
    User.objects.create(username="a:1", dataset="a", dataset_user_id=1)
    User.objects.create(username="b:1", dataset="b", dataset_user_id=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="other", dataset="a", dataset_user_id=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="half", dataset="a")


def test_guest_must_expire(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="guest", is_guest=True)


def test_there_is_one_catalogue_state(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        CatalogueState.objects.create(id=2)


def test_catalogue_version_grows_even_without_its_row(db: None) -> None:
    before = bump_catalogue_version()
    assert bump_catalogue_version() == before + 1
    CatalogueState.objects.all().delete()
    assert bump_catalogue_version() == 1


def test_movie_added_by_hand_gets_an_id_no_data_set_has(db: None) -> None:
    movie = add_movie("Éloge, The", year=2026, genres=["Drama"])
    assert movie.pk >= 1_000_000
    assert movie.search_title == "the eloge"
    assert [genre.name for genre in movie.genres.all()] == ["Drama"]


def test_ids_by_hand_survive_an_emptied_table(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE catalog_movie RESTART IDENTITY CASCADE")
    assert add_movie("First").pk == 1_000_000


def test_changed_title_is_searchable_at_once(movie: Movie) -> None:
    movie.title = "Être, L'"
    movie.save(update_fields=["title"])
    movie.refresh_from_db()
    assert movie.search_title == "letre"


def test_statistics_follow_the_ratings(movie: Movie) -> None:
    make_movie(1)
    for name, stars in (("a", 4), ("b", 5)):
        Rating.objects.create(
            user=make_member(name), movie=movie, stars=stars, watched_at=timezone.now()
        )
    assert refresh_movie_statistics() == 1
    movie.refresh_from_db()
    assert (movie.rating_count, movie.rating_mean) == (2, 4.5)
    assert movie.rating_histogram == [0, 0, 0, 0, 0, 0, 0, 1, 0, 1]
    Rating.objects.all().delete()
    assert refresh_movie_statistics() == 1
    assert refresh_movie_statistics() == 0
    movie.refresh_from_db()
    assert movie.rating_count == 0
    assert movie.rating_mean is None
    assert movie.rating_histogram is None


def test_statistics_leave_out_guests(movie: Movie) -> None:
    guest = make_guest()
    Rating.objects.create(user=guest, movie=movie, stars=1, watched_at=timezone.now())
    assert refresh_movie_statistics() == 0
