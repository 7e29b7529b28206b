"""The question for the evening: its address and form, and the films it leads to."""

import re
import tracemalloc
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from accounts.models import User
from catalog.models import Availability, Movie, Service
from catalog.services import bump_catalogue_version
from recommender.home.selectors import HomeReader
from recommender.models import ChosenService, ModelVersion
from recommender.tonight.picking import TonightAnswers, read_answers
from recommender.tonight.services import choose_services
from tests.catalog.factories import count_queries_of, make_genre
from tests.pages import read
from tests.recommender.conftest import Watch
from tests.recommender.tonight.steps import HISTORY, HTMX, get_cards, get_picks, get_removed


def test_three_films_come_with_reasons_and_what_is_unknown_of_them(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY)
    page = read(browser)
    assert len(get_picks(page)) == 3
    assert page.count("length unknown") == 3
    assert page.count("pick__reason") == 3


def test_minutes_are_asked_for_only_where_a_length_is_known(
    active_model: ModelVersion, browser: Client
) -> None:
    hint = "Film lengths are not known here yet, so the time has no effect."
    page = read(browser)
    assert "Time I have" not in page
    assert hint not in page
    answered = read(browser, "/?minutes=100")
    assert "Time I have" in answered
    assert hint in answered
    assert re.search(r'value="100"\s+checked', answered)
    Movie.objects.filter(pk=60).update(runtime_minutes=90)
    bump_catalogue_version()
    assert "Time I have" in read(browser)
    assert hint not in read(browser, "/?minutes=100")


def test_what_is_not_known_of_genre_and_year_is_said(
    active_model: ModelVersion, browser: Client
) -> None:
    assert "not known comes after" not in read(browser, "/?genre=Drama")
    Movie.objects.update(year=None)
    keep = Movie.objects.get(pk=2)
    Movie.genres.through.objects.exclude(movie=keep).delete()
    bump_catalogue_version()
    page = read(browser, "/?genre=Drama")
    assert get_picks(page)[0] == keep.pk
    assert len(get_picks(page)) == 3
    assert page.count("genre unknown") == 2
    assert page.count("year unknown") == 3
    assert "59 films whose genre is not known come after all others." in page
    assert "come after all others" not in read(browser)


def test_somebody_new_is_asked_too(active_model: ModelVersion) -> None:
    assert len(get_picks(read(Client()))) == 3


def test_no_film_for_the_evening_stands_in_a_row(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY)
    page = read(browser)
    rows = get_cards(page)
    assert not set(get_picks(page)) & set(rows)
    assert len(rows) == len(set(rows))


def test_no_film_comes_to_stand_twice_when_something_is_answered(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY)
    page = read(browser)
    rows = set(get_cards(page))
    first, second, _third = get_picks(page)
    repeated = 0
    for address, asked in (
        ("/tonight/", {"page": "2"}),
        ("/tonight/", {"genre": "Drama"}),
        (f"/tonight/films/{first}/", {"verdict": "not_for_me"}),
        (f"/tonight/films/{first}/undo/", {}),
        (f"/tonight/films/{second}/", {"verdict": "seen"}),
    ):
        answer = browser.post(address, asked, headers=HTMX).content.decode()
        picks = set(get_picks(answer))
        repeated += len(picks & rows)
        rows -= get_removed(answer)
        assert len(picks) == 3
        assert not picks & rows
    assert repeated


def test_posters_beside_the_invitation_are_of_films_in_no_row(active_model: ModelVersion) -> None:
    page = read(Client())
    fan = re.search(r'class="fan".*?</section>', page, re.DOTALL)
    assert fan is not None
    posters = [int(pk) for pk in re.findall(r"/posters/\D*(\d+)", fan[0])]
    assert len(posters) == 5
    assert not set(posters) & {*get_cards(page), *get_picks(page)}


def test_minutes_and_genres_of_the_address_are_kept_to(
    active_model: ModelVersion, services: list[Service], browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY)
    page = read(browser, "/?minutes=100&genre=drama")
    picks = get_picks(page)
    # Film 41 and later have no length; Drama is every third film.
    assert len(picks) == 3
    assert all(pk in (2, 5, 8, 11) or pk > 40 for pk in picks)
    assert all(pk % 3 == 2 for pk in picks)
    assert re.search(r'value="100"\s+checked', page)
    assert re.search(r'value="Drama"\s+checked', page)


def test_genre_that_was_chosen_is_named_first(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY)
    action = make_genre("Action")
    for movie in Movie.objects.filter(genres__name="Drama"):
        movie.genres.add(action)
    facts = re.findall(r'class="facts">.*?</p>', read(browser, "/?genre=drama"), re.DOTALL)
    assert len(facts) == 3
    assert all("Drama, Action" in fact for fact in facts)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("minutes=soon", "“soon” is no time to spend"),
        ("minutes=9", "give 10 to 600 minutes"),
        ("minutes=%D9%A1%D9%A2", "is no time to spend"),
        ("genre=Polka", "There is no genre “Polka” here."),
    ],
)
def test_what_is_no_answer_is_said_and_left_out(
    query: str, said: str, active_model: ModelVersion
) -> None:
    page = read(Client(), f"/?{query}")
    assert said in page
    assert len(get_picks(page)) == 3


@pytest.mark.parametrize("page", ["0", "-1", "x", "31", "9" * 4999])
def test_page_that_is_none_is_the_first(page: str, active_model: ModelVersion) -> None:
    assert get_picks(read(Client(), f"/?page={page}")) == get_picks(read(Client(), "/"))


def test_answers_make_an_address_that_reads_back(active_model: ModelVersion) -> None:
    catalogue = HomeReader(user=None).catalogue
    answers = TonightAnswers(minutes=95, genre_names=("Comedy", "Drama"), page=3)
    assert answers.address == "/?minutes=95&genre=Comedy&genre=Drama&page=3"
    assert read_answers(QueryDict(answers.address[2:]), catalogue) == answers
    assert TonightAnswers().address == "/"


def test_form_without_htmx_leads_to_an_address_to_share(
    active_model: ModelVersion, browser: Client
) -> None:
    answer: Any = browser.post("/tonight/", {"minutes": "90", "genre": ["Drama"], "page": "2"})
    assert answer.status_code == 302
    assert answer["Location"] == "/?minutes=90&genre=Drama&page=2#tonight"


def test_form_with_bad_minutes_comes_back_with_what_was_typed(
    active_model: ModelVersion, browser: Client
) -> None:
    answer: Any = browser.post("/tonight/", {"minutes": "abc", "genre": "Drama"}, follow=True)
    page = answer.content.decode()
    assert "“abc” is no time to spend" in page
    assert re.search(r'value="Drama"\s+checked', page)
    refused = browser.post("/tonight/", {"minutes": "abc"}, headers=HTMX)
    assert refused.status_code == 400
    assert "abc" in refused.content.decode()


def test_htmx_gets_the_films_alone_and_the_address_moves(
    active_model: ModelVersion, browser: Client
) -> None:
    answer = browser.post("/tonight/", {"minutes": "90", "page": "2"}, headers=HTMX)
    assert answer["HX-Push-Url"] == "/?minutes=90&page=2"
    page = answer.content.decode()
    assert page.lstrip().startswith('<div class="tonight__films"')
    assert 'name="next" value="/?minutes=90&amp;page=2"' in page


def test_three_more_are_other_films_until_there_are_none(
    active_model: ModelVersion, services: list[Service]
) -> None:
    client, seen = Client(), list[int]()
    for number in range(1, 21):
        page = read(client, f"/?genre=Drama&page={number}")
        picks = get_picks(page)
        seen += picks
        if "Three more" not in page:
            break
        assert len(picks) == 3
    assert len(seen) == len(set(seen)) == 20
    assert "That is all that fits these answers." in read(client, "/?genre=Drama&page=20")


def test_services_are_kept_and_unknown_ones_flagged(
    active_model: ModelVersion, services: list[Service], browser: Client, viewer: User
) -> None:
    asked = {"services": "asked", "service": [str(services[0].pk)]}
    browser.post("/tonight/", asked)
    assert list(ChosenService.objects.values_list("service_id", flat=True)) == [services[0].pk]
    page = read(browser)
    assert all(pk % 3 == 2 or pk >= 59 for pk in get_picks(page))
    assert "On Mine" in page
    browser.post("/tonight/", {"minutes": "90"})  # a form that did not ask for services
    assert ChosenService.objects.count() == 1
    browser.post("/tonight/", {"services": "asked"})
    assert not ChosenService.objects.exists()


def test_films_known_to_be_on_a_service_come_before_those_that_may_be(
    active_model: ModelVersion,
    services: list[Service],
    browser: Client,
    viewer: User,
    watch: Watch,
) -> None:
    watch(viewer, *HISTORY)
    wanted = get_picks(read(browser))
    choose_services(user=viewer, service_ids=[services[0].pk])
    Availability.objects.exclude(movie_id__in=(41, 44)).delete()
    bump_catalogue_version()
    page = read(browser)
    assert {*get_picks(page)[:2]} == {41, 44}
    assert get_picks(page)[2] == wanted[0]
    assert page.count("On Mine") == 2
    assert page.count("Where to watch it is not known") == 1
    assert not {41, 44} & {*get_picks(read(browser, "/?page=2"))}


def test_unknown_service_is_refused_and_nobody_new_is_made_for_nothing(
    active_model: ModelVersion, services: list[Service]
) -> None:
    client = Client()
    client.post("/tonight/", {"services": "asked", "minutes": "90"})
    assert not User.objects.exists()
    answer: Any = client.post("/tonight/", {"services": "asked", "service": "99999"}, follow=True)
    assert "That service does not exist any more" in answer.content.decode()
    assert not ChosenService.objects.exists()


def test_queries_do_not_grow_with_ratings_services_or_answers(
    active_model: ModelVersion, services: list[Service], browser: Client, viewer: User, watch: Watch
) -> None:
    read(Client())
    watch(viewer, *HISTORY)
    cold, warm = (count_queries_of(browser, "/?minutes=100") for _ in range(2))
    watch(viewer, *(pk for pk in range(1, 50) if pk not in HISTORY))
    choose_services(user=viewer, service_ids=[service.pk for service in services])
    bump_catalogue_version()
    read(Client())
    assert warm <= cold <= 12
    assert count_queries_of(browser, "/?minutes=100&genre=Drama&genre=Comedy") <= cold


def test_page_takes_no_more_memory_or_queries_with_more_films_and_ratings(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    def measure() -> tuple[int, int]:
        for _ in range(2):  # the process has its catalogue, the cache its rows
            read(browser)
        queries = count_queries_of(browser, "/")
        tracemalloc.start()
        try:
            read(browser)
            return tracemalloc.get_traced_memory()[1], queries
        finally:
            tracemalloc.stop()

    watch(viewer, *HISTORY)
    peak, queries = measure()
    films = [Movie(pk=pk, title=f"New {pk}", search_title=f"new {pk}") for pk in range(100, 3100)]
    Movie.objects.bulk_create(films)
    watch(viewer, *range(100, 1100))
    bump_catalogue_version()
    grown, more_queries = measure()
    assert more_queries <= queries <= 12
    assert grown < 1.3 * peak + 100_000
