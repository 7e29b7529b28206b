"""Pages in German: asked for by the browser or in the footer, with German numbers for people."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format

from accounts.models import User
from catalog.genre_names import say_genres
from catalog.models import Movie
from catalog.templatetags.movies import format_stars
from tests.catalog.factories import make_genre

pytestmark = pytest.mark.django_db

GERMAN = {"accept-language": "de-AT,de;q=0.9,en;q=0.5"}
# What programs read: a decimal comma there is another number, or none.
NUMBER_ATTRIBUTE = re.compile(
    r'\s(?:c[xy]|d|d[xy]|height|max|min|points|r|step|value|viewBox|width|x[12]?|y[12]?)="([^"]*)"'
)
DECIMAL_COMMA = re.compile(r"\d,\d")


def test_browser_asking_for_german_is_answered_in_german(client: Client) -> None:
    page = client.get("/welcome/", headers=GERMAN)
    assert '<html lang="de">' in page.text
    assert "Was siehst du gern?" in page.text
    assert page["Content-Language"] == "de"


def test_other_languages_are_answered_in_english(client: Client) -> None:
    page = client.get("/welcome/", headers={"accept-language": "fr"})
    assert '<html lang="en">' in page.text


def test_answers_say_that_they_vary_by_language(client: Client) -> None:
    varies = client.get("/welcome/", headers=GERMAN)["Vary"]
    assert {"Accept-Language", "Cookie"} <= set(varies.split(", "))


def test_language_chosen_in_the_footer_is_remembered(client: Client) -> None:
    address = "/browse/?sort=title&q=a"
    answer = client.post(reverse("set_language"), {"language": "de", "next": address})
    assert answer.headers["Location"] == address
    cookie = answer.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie.value, cookie["samesite"], cookie["httponly"]) == ("de", "Lax", True)
    assert '<html lang="de">' in client.get("/welcome/").text
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
    assert '<html lang="en">' in client.get("/welcome/", headers=GERMAN).text


def test_footer_names_the_page_and_the_present_language(client: Client) -> None:
    page = client.get("/browse/?q=toy", headers=GERMAN).text
    form = page[page.index('<form class="languages') :]
    assert 'name="next" value="/browse/?q=toy"' in form
    present = form[form.index('lang="de"') :].partition(">")[0]
    assert 'aria-current="true"' in present


def test_language_is_not_changed_by_a_link(client: Client) -> None:
    assert client.get(reverse("set_language"), {"language": "de"}).status_code == 405


def test_language_switch_leads_to_no_other_site(client: Client) -> None:
    elsewhere = {"language": "de", "next": "https://elsewhere.example/"}
    assert client.post(reverse("set_language"), elsewhere).headers["Location"] == "/"


def test_language_switch_wants_the_sites_own_form() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(reverse("set_language"), {"language": "de"}).status_code == 403


def test_stars_are_counted_with_a_decimal_comma() -> None:
    with translation.override("de"):
        assert [format_stars(Decimal(stars)) for stars in ("0.5", "1", "3.5", "4.0")] == [
            "ein halber Stern", "1 Stern", "3,5 Sterne", "4 Sterne",
        ]  # fmt: skip
    assert format_stars(3.5) == "3.5 stars"


def test_genres_are_named_in_german() -> None:
    with translation.override("de"):
        assert say_genres(["Comedy", "Made up"]) == "Komödie, Made up"


def test_answers_kept_for_one_language_are_not_given_in_another(client: Client) -> None:
    for number in range(1, 9):
        Movie.objects.create(id=number, title=f"Film {number}", rating_count=9, rating_mean=4)
    english = {"accept-language": "en"}
    for headers, said in ((english, "Popular"), (GERMAN, "beliebt"), (english, "Popular")):
        text = client.get("/", headers=headers).text
        assert re.findall(r"Popular right now|Gerade beliebt", text)[0].count(said) == 1


def test_dates_are_written_as_the_language_does() -> None:
    day = datetime(2026, 11, 3, 20, 15, tzinfo=UTC)
    said = {}
    for language in ("en", "de"):
        with translation.override(language):
            said[language] = [date_format(day, f) for f in ("DATE_FORMAT", "DATETIME_FORMAT")]
    assert said == {
        "en": ["3 November 2026", "3 November 2026, 20:15"],
        "de": ["3. November 2026", "3. November 2026, 20:15"],
    }


def test_genres_are_offered_in_the_order_of_their_german_names(client: Client) -> None:
    for name in ("Action", "Documentary", "Mystery", "Romance"):
        make_genre(name)
    page = client.get("/welcome/", headers=GERMAN).text
    shown = re.findall(r"<span>(Action|Dokumentation|Liebesfilm|Mystery)</span>", page)
    assert shown == ["Action", "Dokumentation", "Liebesfilm", "Mystery"]


@pytest.mark.parametrize("page", ["/", "/browse/", "/taste/", "/taste/statistics/", "/ratings/"])
def test_numbers_for_programs_keep_their_point(page: str, client: Client) -> None:
    _log_in_with_ratings(client)
    text = client.get(page, headers=GERMAN).text
    assert '<html lang="de">' in text
    assert [value for value in NUMBER_ATTRIBUTE.findall(text) if DECIMAL_COMMA.search(value)] == []


def test_film_page_keeps_points_for_programs_and_shows_commas(client: Client) -> None:
    _log_in_with_ratings(client)
    text = client.get(reverse("movie", args=[1]), headers=GERMAN).text
    assert "3,5" in text
    assert 'value="3.5"' in text
    assert [value for value in NUMBER_ATTRIBUTE.findall(text) if DECIMAL_COMMA.search(value)] == []


def _log_in_with_ratings(client: Client) -> None:
    person = User.objects.create_user("anna")
    client.force_login(person)
    for number in range(1, 13):
        movie = Movie.objects.create(
            id=number, title=f"Film {number}", year=1980 + number, rating_count=7, rating_mean=3.52
        )
        client.post(reverse("rate_movie", args=[movie.pk]), {"stars": "3.5"})
