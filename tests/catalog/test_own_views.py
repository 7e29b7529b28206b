from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog.services import add_to_watchlist, set_rating
from tests.catalog.factories import count_queries_of, make_movie


@pytest.fixture
def shelf(member: User) -> None:
    """Three films, rated and on the watchlist in the order of their ids."""
    now = timezone.now() - timedelta(days=9)
    for pk, (title, year, stars, minutes) in enumerate(
        [("Banana", 1980, 3.0, 90), ("Apple", 2010, 5.0, 120), ("Cherry", None, 1.0, None)], 1
    ):
        make_movie(pk, title, year=year, runtime_minutes=minutes, rating_mean=stars)
        set_rating(user=member, movie_id=pk, stars=stars, watched_at=now + timedelta(days=pk))
        add_to_watchlist(user=member, movie_id=pk)


def read_order(client: Client, url: str) -> str:
    """Return the initials of the films in the order of the page."""
    page = client.get(url).content.decode()
    places = {page.find(f">{title}<"): title[0] for title in ("Apple", "Banana", "Cherry")}
    return "".join(places[place] for place in sorted(places) if place >= 0)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "CAB"),
        ("sort=first", "BAC"),
        ("sort=best", "ABC"),
        ("sort=worst", "CBA"),
        ("sort=title", "ABC"),
        ("sort=newest", "ABC"),
        ("sort=oldest", "BAC"),
        ("stars=5.0", "A"),
        ("sort=nonsense&stars=7&page=x", "CAB"),
    ],
)
def test_ratings_come_in_the_order_asked_for(
    query: str, expected: str, shelf: None, logged_in: Client
) -> None:
    assert read_order(logged_in, f"/ratings/?{query}") == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "CAB"),
        ("sort=first", "BAC"),
        ("sort=best", "ABC"),
        ("sort=short", "BAC"),
        ("sort=title", "ABC"),
        ("sort=oldest", "BAC"),
        ("sort=%00", "CAB"),
    ],
)
def test_watchlist_comes_in_the_order_asked_for(
    query: str, expected: str, shelf: None, logged_in: Client
) -> None:
    assert read_order(logged_in, f"/watchlist/?{query}") == expected


def test_stars_nobody_gave_say_so_and_keep_the_choice(shelf: None, logged_in: Client) -> None:
    page = logged_in.get("/ratings/?stars=4.5").content.decode()
    assert "You gave no film so many stars." in page
    assert 'value="4.5" selected' in page


def test_pages_link_to_one_another(shelf: None, logged_in: Client) -> None:
    for url in ("/ratings/", "/watchlist/", "/lists/"):
        page = logged_in.get(url).content.decode()
        for other in ("/taste/", "/taste/statistics/", "/ratings/", "/watchlist/", "/lists/"):
            assert f'href="{other}"' in page
        assert 'href="/diary/"' in page


def test_sorting_takes_no_more_queries(shelf: None, logged_in: Client) -> None:
    plain = count_queries_of(logged_in, "/ratings/")
    assert count_queries_of(logged_in, "/ratings/?sort=title&stars=5.0") <= plain <= 12
