"""The page of a film, its forecast, its reasons and the muting of them."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog.diary.services import Viewing, add_entry, save_note
from catalog.models import Availability, Credit, Movie, Person, Service, TmdbRecord
from catalog.services import refresh_movie_statistics, set_rating
from recommender.models import ModelVersion, MutedReason
from tests.catalog.factories import count_queries_of
from tests.recommender.conftest import Watch

HTMX = {"HX-Request": "true"}
HISTORY = (20, 23, 26, 29, 32)


def read(client: Client, url: str, **headers: str) -> str:
    answer: Any = client.get(url, headers=headers)
    assert answer.status_code == 200, answer.content[:500]
    return " ".join(answer.content.decode().split())


def add_facts(movie_id: int, *, people: int) -> None:
    Movie.objects.filter(pk=movie_id).update(runtime_minutes=136)
    for number in range(people):
        person = Person.objects.create(name=f"Person {number}")
        Credit.objects.create(
            movie_id=movie_id,
            person=person,
            job=Credit.Job.ACTOR if number else Credit.Job.DIRECTOR,
            order=number,
            character=f"Part {number}" if number else "",
        )
        service = Service.objects.create(slug=f"service-{number}", name=f"Service {number}")
        Availability.objects.create(movie_id=movie_id, service=service, country="US")


def find_explained(client: Client) -> tuple[int, list[int]]:
    """Return a film that the history speaks for, and the films of the history that do."""
    for movie_id in range(1, 61):
        page = read(client, f"/movies/{movie_id}/")
        if "less likely to be next" in page:
            causes = re.findall(r'action="/movies/(\d+)/mute/"', page)
            return movie_id, [int(cause) for cause in causes]
    raise AssertionError("the history speaks for no film")


def test_film_shows_its_facts_people_and_services(active_model: ModelVersion) -> None:
    add_facts(1, people=12)
    page = read(Client(), "/movies/1/")
    assert "136 min" in page
    assert re.search(r"Directed by <strong>Person 0</strong>", page)
    assert "Person 11" in page
    assert "Part 11" in page
    assert "Where to watch" in page
    assert "3 more" in page


def test_film_of_which_little_is_known_claims_nothing(active_model: ModelVersion) -> None:
    page = read(Client(), "/movies/1/")
    for words in (" min<", "Directed by", ">Cast<", "Where to watch", ">About<", "What people"):
        assert words not in page


def test_what_is_not_known_of_a_film_is_said(active_model: ModelVersion) -> None:
    words = ("year unknown", "length unknown", "genre unknown", "director and cast unknown")
    Movie.objects.filter(pk=2).update(year=None)
    Movie.genres.through.objects.filter(movie_id=2).delete()
    page = read(Client(), "/movies/2/")
    assert [page.count(f'class="unknown">{each}<') for each in words] == [1, 1, 1, 1]
    add_facts(1, people=2)
    page = read(Client(), "/movies/1/")
    assert not any(each in page for each in words)
    Credit.objects.filter(movie_id=1, job=Credit.Job.DIRECTOR).delete()
    assert 'class="unknown">director unknown<' in read(Client(), "/movies/1/")
    Credit.objects.update(job=Credit.Job.DIRECTOR)
    assert 'class="unknown">cast unknown<' in read(Client(), "/movies/1/")


def test_text_of_tmdb_stands_in_for_a_missing_one_with_its_notice(
    active_model: ModelVersion,
) -> None:
    Movie.objects.filter(pk=1).update(tmdb_id=603)
    TmdbRecord.objects.create(movie_id=1, tmdb_id=603, overview="From TMDB.")
    page = read(Client(), "/movies/1/")
    assert "From TMDB." in page
    assert "not endorsed or certified by TMDB" in page
    # It is in the language it was asked for in, whatever that of the page is.
    german = read(Client(headers={"accept-language": "de"}), "/movies/1/")
    assert '<html lang="de">' in german
    assert '<div class="prose" lang="en-US"><p>From TMDB.</p>' in german
    Movie.objects.filter(pk=1).update(extract="From Wikipedia.", wikipedia_page="Film")
    page = read(Client(), "/movies/1/")
    assert "From Wikipedia." in page
    assert "From TMDB." not in page


def test_links_to_other_sites_tell_them_nothing(active_model: ModelVersion) -> None:
    Movie.objects.filter(pk=1).update(imdb_id="tt0133093", tmdb_id=1603)
    page = read(Client(), "/movies/1/")
    for address in ("www.imdb.com/title/tt0133093/", "www.themoviedb.org/movie/1603"):
        assert f'href="https://{address}" rel="noopener noreferrer"' in page


def test_spread_is_a_plot_and_a_table(
    active_model: ModelVersion, browser: Client, viewer: User
) -> None:
    for number in range(3):
        set_rating(user=User.objects.create_user(f"p{number}"), movie_id=1, stars=4)
    set_rating(user=viewer, movie_id=1, stars=2.5)
    refresh_movie_statistics()
    page = read(browser, "/movies/1/")
    assert page.count("</title> </rect>") == 10
    assert page.count('class="bars__mine"') == 1
    assert "Most gave 4 stars." in page
    assert re.search(r'<th scope="row">4 stars</th> <td>3</td> <td>75.0 %</td>', page)


def test_numbers_of_drawings_have_points_in_every_language(
    active_model: ModelVersion, browser: Client, viewer: User
) -> None:
    for number, stars in enumerate((4, 4, 4, 2)):
        set_rating(user=User.objects.create_user(f"p{number}"), movie_id=1, stars=stars)
    refresh_movie_statistics()
    german = {"Accept-Language": "de"}
    page = read(browser, "/movies/1/", **german)
    page += read(browser, "/movies/1/predicted/", **german, **HTMX)
    numbers = re.findall(r' (?:x|y|cx|width|height)="([^"]+)"', page)
    assert numbers
    assert not [number for number in numbers if "," in number]


def test_forecast_is_kept_back_until_asked_for(active_model: ModelVersion, browser: Client) -> None:
    page = read(browser, "/movies/1/")
    assert "forecast__stars" not in page
    assert "Kept back where you rate" in page
    piece = read(browser, "/movies/1/predicted/", **HTMX)
    assert "forecast__stars" in piece
    assert "<html" not in piece
    whole = read(browser, "/movies/1/predicted/")
    assert "forecast__stars" in whole
    assert "Films like Film 1" in whole
    assert "forecast__ask" in read(browser, "/movies/1/predicted/?hide=1", **HTMX)


def test_forecast_says_from_what_it_is_made(
    active_model: ModelVersion, browser: Client, viewer: User
) -> None:
    assert "You have rated nothing yet" in read(browser, "/movies/1/predicted/", **HTMX)
    set_rating(user=viewer, movie_id=1, stars=4.5)
    page = read(browser, "/movies/1/predicted/", **HTMX)
    assert "You gave 4.5" in page
    assert "made from averages alone" in page


def test_forecast_of_a_film_nobody_knows_says_so(active_model: ModelVersion) -> None:
    Movie.objects.create(pk=1_000_001, title="New", search_title="new")
    page = read(Client(), "/movies/1000001/predicted/", **HTMX)
    assert "nothing can be predicted" in page


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_forecast_of_no_film_is_not_found(
    headers: dict[str, str], active_model: ModelVersion
) -> None:
    assert Client().get("/movies/999/predicted/", headers=headers).status_code == 404


def test_reasons_name_films_of_the_history(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    assert "which of them speak for it" in read(browser, "/movies/60/")
    watch(viewer, *HISTORY)
    _movie_id, causes = find_explained(browser)
    assert causes
    assert set(causes) <= set(HISTORY)


def test_seen_film_needs_no_reason(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY)
    movie_id, _causes = find_explained(browser)
    add_entry(user=viewer, movie_id=movie_id, viewing=Viewing(timezone.localdate()))
    assert "Why it may be for you" not in read(browser, f"/movies/{movie_id}/")
    assert "Why it may be for you" not in read(browser, "/movies/20/")


def test_muting_explains_anew_and_is_undone(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY)
    movie_id, causes = find_explained(browser)
    url, data = f"/movies/{causes[0]}/mute/", {"explains": str(movie_id)}
    piece = browser.post(url, data, headers=HTMX).content.decode()
    assert f'action="/movies/{causes[0]}/mute/"' not in piece
    assert f'action="/movies/{causes[0]}/unmute/"' in piece
    assert MutedReason.objects.get().movie_id == causes[0]
    assert f"/movies/{causes[0]}/mute/" not in read(browser, f"/movies/{movie_id}/")
    back = browser.post(f"/movies/{causes[0]}/unmute/", data, headers=HTMX).content.decode()
    assert f'action="/movies/{causes[0]}/mute/"' in back


def test_muting_without_htmx_offers_undo_in_a_message(
    active_model: ModelVersion, browser: Client
) -> None:
    answer: Any = browser.post("/movies/3/mute/", {"next": "/movies/1/"}, follow=True)
    assert 'action="/movies/3/unmute/"' in answer.content.decode()
    answer = browser.post("/movies/3/unmute/", follow=True)
    assert "may be a reason again" in answer.content.decode()
    assert not MutedReason.objects.exists()


def test_rated_film_has_a_switch_of_its_own(
    active_model: ModelVersion, browser: Client, viewer: User
) -> None:
    assert "Stop using this film" not in read(browser, "/movies/1/")
    set_rating(user=viewer, movie_id=1, stars=4)
    assert "Stop using this film as a reason" in read(browser, "/movies/1/")
    piece = browser.post("/movies/1/mute/", headers=HTMX).content.decode()
    assert "Use it as a reason again" in piece
    assert "Use it as a reason again" in read(browser, "/movies/1/")


@pytest.mark.parametrize("action", ["mute", "unmute"])
def test_muting_needs_a_post_and_a_film(action: str, active_model: ModelVersion) -> None:
    assert Client().get(f"/movies/1/{action}/").status_code == 405
    assert Client().post(f"/movies/999/{action}/").status_code == 404
    for explained in ("999", "x", "9" * 30):
        answer = Client().post(f"/movies/1/{action}/", {"explains": explained}, headers=HTMX)
        assert answer.status_code == 200


@pytest.mark.parametrize("url", ["/movies/1/", "/movies/1/predicted/"])
def test_pages_answer_only_reads(url: str, active_model: ModelVersion) -> None:
    assert Client().post(url).status_code == 405


def test_queries_do_not_grow_with_what_is_known_and_done(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    read(Client(), "/movies/1/")  # the process has loaded its model
    add_facts(1, people=2)
    watch(viewer, 2, 3)
    few = count_queries_of(browser, "/movies/1/")
    watch(viewer, *range(4, 40))
    for person in Person.objects.all():
        Credit.objects.create(movie_id=7, person=person, job=Credit.Job.ACTOR)
    Movie.objects.filter(pk=1).update(rating_histogram=[9] * 10)
    save_note(user=viewer, movie_id=1, text="Mine.")
    assert count_queries_of(browser, "/movies/1/") <= few <= 12
    assert count_queries_of(browser, "/movies/1/predicted/") <= 12
    for year in range(1990, 2020):
        day = timezone.localdate().replace(year=year, day=1)
        add_entry(user=viewer, movie_id=1, viewing=Viewing(day))
    assert count_queries_of(browser, "/movies/1/") <= few


def test_note_and_diary_of_a_film_are_ones_own(
    active_model: ModelVersion, browser: Client, viewer: User
) -> None:
    other = User.objects.create_user("other")
    for person, text in ((viewer, "For my eyes"), (other, "For other eyes")):
        save_note(user=person, movie_id=1, text=text)
        add_entry(user=person, movie_id=1, viewing=Viewing(timezone.localdate(), note=text))
    page = read(browser, "/movies/1/")
    assert page.count("For my eyes") == 2
    assert "For other eyes" not in page
    assert "For my eyes" not in read(Client(), "/movies/1/")
