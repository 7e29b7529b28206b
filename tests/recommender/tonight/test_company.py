"""Several people watch this evening: who may be asked for, and the films that suit them all."""

import datetime
import re
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog.models import Genre, Movie, Rating, SeenMovie, Service
from catalog.services import bump_catalogue_version
from recommender.answers import NO_FILTERS, Filters
from recommender.feedback.writing import write_feedback
from recommender.home.selectors import HomeReader
from recommender.ml.groups import MISERY
from recommender.models import HiddenMovie, Impression, ModelVersion
from recommender.night.models import MovieNight
from recommender.night.suggesting import suggest_films
from recommender.serving import model_server, read_state
from recommender.tonight.company import Company, keep_distinct, pick_together, read_companies
from recommender.tonight.picking import TonightAnswers, read_answers
from tests.catalog.factories import count_queries, count_queries_of
from tests.pages import read
from tests.recommender.conftest import Watch
from tests.recommender.night.conftest import gather_people
from tests.recommender.night.steps import log_in
from tests.recommender.tonight.steps import HISTORY, HTMX, get_picks, make_series

NO_NIGHT = "There is no such movie night of yours, or it is over"


@pytest.fixture
def pair(active_model: ModelVersion, watch: Watch) -> tuple[MovieNight, list[User]]:
    """Two people at an open night, each with a history of their own."""
    night, people = gather_people(2)
    watch(people[0], *HISTORY)
    watch(people[1], 1, 4, 7, 10, 13, stars=4.5)
    return night, people


def company_of(user: User) -> Company:
    [company] = read_companies(user=user)
    return company


def pick(company: Company, filters: Filters = NO_FILTERS, *, limit: int = 60) -> list[int]:
    snapshot = model_server.get_snapshot(read_state(user_id=None))
    found = pick_together(snapshot, company=company, filters=filters, skip=0, limit=limit)
    return [film.movie_id for film in found]


def end(night: MovieNight) -> None:
    past = timezone.now() - datetime.timedelta(seconds=1)
    MovieNight.objects.filter(pk=night.pk).update(expires_at=past)


def decide(night: MovieNight) -> None:
    decided = {"status": MovieNight.Status.DECIDED, "decided_at": timezone.now()}
    MovieNight.objects.filter(pk=night.pk).update(**decided)


def test_company_is_called_by_the_names_of_the_others(db: None) -> None:
    night, people = gather_people(3)
    assert company_of(people[0]).label == "With Person 2 and Person 3"
    assert company_of(people[1]).label == "With Person 1 and Person 3"
    [one], [two] = (read_companies(user=user) for user in gather_people(2, prefix="b")[1])
    assert (one.label, two.label) == ("With Person 2", "With Person 1")
    assert company_of(people[0]).night_id == night.pk


def test_only_open_nights_of_two_or_more_are_company(db: None) -> None:
    assert read_companies(user=None) == ()
    assert read_companies(user=gather_people(1, prefix="alone")[1][0]) == ()
    for number, close in enumerate((end, decide)):
        night, people = gather_people(2, prefix=f"night{number}")
        assert company_of(people[0]).night_id == night.pk
        close(night)
        assert read_companies(user=people[0]) == ()


def test_same_people_are_offered_once_by_the_night_chosen_or_the_newest() -> None:
    ada = [Company(night, 1, people, ("Me", "Ada")) for night, people in ((3, (1, 2)), (2, (2, 1)))]
    bob = Company(1, 1, (1, 3), ("Me", "Bob"))
    assert set(keep_distinct([*ada, bob], None)) == {ada[0], bob}
    assert set(keep_distinct([*ada, bob], ada[1])) == {ada[1], bob}
    assert keep_distinct([], None) == []


def test_companies_are_one_query(db: None) -> None:
    _, people = gather_people(6)
    assert count_queries(lambda: read_companies(user=people[3])) == 1


def test_address_with_company_reads_back(pair: tuple[MovieNight, list[User]]) -> None:
    night, people = pair
    company = company_of(people[0])
    answers = TonightAnswers(minutes=95, genre_names=("Drama",), page=2, company=company)
    assert answers.address == f"/?minutes=95&with={night.pk}&genre=Drama&page=2"
    query, catalogue = QueryDict(answers.address[2:]), HomeReader(user=None).catalogue
    assert read_answers(query, catalogue, companies=[company]) == answers


def test_night_of_others_over_or_none_is_refused_alike(
    pair: tuple[MovieNight, list[User]], browser: Client
) -> None:
    night, people = pair
    pages = [read(browser, f"/?with={given}") for given in (night.pk, 99999, "x", "9" * 4999)]
    end(night)
    pages.append(read(log_in(people[0]), f"/?with={night.pk}"))
    for page in pages:
        assert NO_NIGHT in page
        assert "Person" not in page
        assert len(get_picks(page)) == 3
        assert re.search(r'name="with"\s+value=""\s+checked', page)


def test_form_with_a_night_of_others_is_refused(
    pair: tuple[MovieNight, list[User]], browser: Client
) -> None:
    night, _ = pair
    refused = browser.post("/tonight/", {"with": night.pk}, headers=HTMX)
    assert refused.status_code == 400
    answer: Any = browser.post("/tonight/", {"with": night.pk}, follow=True)
    assert NO_NIGHT in answer.content.decode()


def test_films_nobody_has_rated_are_said_to_be_left_out(
    pair: tuple[MovieNight, list[User]],
) -> None:
    night, people = pair
    words, client = "Films that nobody has rated yet are not among these.", log_in(people[0])
    assert words in read(client, f"/?with={night.pk}")
    assert words not in read(client, "/")
    Movie.objects.filter(rating_count=0).update(rating_count=1, rating_mean=3.0)
    bump_catalogue_version()
    assert words not in read(client, f"/?with={night.pk}")


def test_films_suit_all_and_nobody_has_seen_or_hidden_them(
    pair: tuple[MovieNight, list[User]],
) -> None:
    _, people = pair
    company = company_of(people[0])
    first = pick(company)
    ids = [person.pk for person in people]
    best = suggest_films(user_ids=ids, strategy="average_without_misery", limit=60)
    assert first == [film.movie_id for film in best]
    assert not {*HISTORY, 1, 4, 7, 10, 13} & set(first)
    HiddenMovie.objects.create(user=people[1], movie_id=first[0])
    SeenMovie.objects.create(user=people[1], movie_id=first[1])
    assert set(first) - set(pick(company)) == set(first[:2])


def test_company_too_is_offered_one_film_of_a_series_a_page(
    pair: tuple[MovieNight, list[User]],
) -> None:
    company = company_of(pair[1][0])
    sagas = set(pick(company, limit=3))
    make_series(sagas)
    ranked = pick(company, limit=6)
    assert [len(sagas & set(ranked[start : start + 3])) for start in (0, 3)] == [1, 1]


def test_film_waits_for_its_series_before_misery_not_behind_it(
    pair: tuple[MovieNight, list[User]],
) -> None:
    company = company_of(pair[1][0])
    # Who thinks little of all films is predicted misery for most.
    Rating.objects.filter(user=pair[1][1]).update(stars=1.0)
    ids = company.user_ids
    whole = suggest_films(user_ids=ids, strategy="average_without_misery", limit=60)
    low = [min(stars or 0.0 for stars in film.stars) for film in whole]
    spared = {film.movie_id for film, least in zip(whole, low, strict=True) if least >= MISERY}
    assert 3 <= len(spared) < len(whole)
    make_series(spared)
    assert set(pick(company, limit=len(spared))) == spared


def test_company_sees_all_that_fits_of_a_series_before_what_may_not(
    pair: tuple[MovieNight, list[User]],
) -> None:
    drama = Genre.objects.get(name="Drama")
    Movie.genres.through.objects.exclude(movie_id__in=(2, 5, 8)).delete()
    make_series((2, 5, 8))
    found = pick(company_of(pair[1][0]), Filters(genre_ids=(drama.pk,)))
    assert {*found[:3]} == {2, 5, 8}
    assert len(found) > 3


def test_company_sees_films_of_unknown_genre_last(pair: tuple[MovieNight, list[User]]) -> None:
    company = company_of(pair[1][0])
    drama = Genre.objects.get(name="Drama")
    wish = Filters(genre_ids=(drama.pk,))
    first = pick(company, wish)[0]
    Movie.objects.get(pk=first).genres.clear()
    bump_catalogue_version()
    found = pick(company, wish)
    assert found[-1] == first
    assert len(found) > 1


def test_filters_hold_for_a_company(
    pair: tuple[MovieNight, list[User]], services: list[Service]
) -> None:
    company = company_of(pair[1][0])
    drama = Genre.objects.get(name="Drama").pk
    assert all(pk % 3 == 2 for pk in pick(company, Filters(genre_ids=(drama,))))
    assert (
        {2, 3} <= set(pick(company, Filters(max_runtime=100))) <= {2, 3, 5, 8, 11, *range(41, 61)}
    )
    on_mine = pick(company, Filters(service_ids=(services[0].pk,)))
    assert on_mine
    assert all(pk % 3 == 2 or pk >= 59 for pk in on_mine)


def test_three_more_are_other_films_until_there_are_none(
    pair: tuple[MovieNight, list[User]],
) -> None:
    company, seen = company_of(pair[1][0]), list[int]()
    whole = pick(company)
    for page in range(1, 31):
        reader = HomeReader(user=pair[1][0], is_shown=True)
        picks = reader.read_tonight(TonightAnswers(page=page, company=company), service_ids=())
        seen += [item.movie_id for item in picks.items]
        if not picks.has_more:
            break
        assert len(picks.items) == 3
    assert seen == whole
    assert len(set(seen)) == len(seen) == 49  # sixty less ten seen and one that nobody rated


def test_page_tells_everybodys_stars_and_one_reason_for_all(
    pair: tuple[MovieNight, list[User]], django_capture_on_commit_callbacks: Any
) -> None:
    night, people = pair
    with django_capture_on_commit_callbacks(execute=True):
        page = read(log_in(people[0]), f"/?with={night.pk}")
    assert get_picks(page) == pick(company_of(people[0]), limit=3)
    assert page.count('class="forecasts"') == page.count("pick__reason") == 3
    assert "predicted for you" not in page
    assert re.search(rf'name="with"\s+value="{night.pk}"\s+checked', page)
    assert re.search(r"<span>With Person 2</span>", page)
    assert re.search(r"None of you is predicted below|is predicted only", page)
    assert 'href="/night/"' in page
    write_feedback()
    assert not Impression.objects.filter(row="tonight").exists()


def test_answers_given_with_company_keep_it(pair: tuple[MovieNight, list[User]]) -> None:
    night, people = pair
    client, address = log_in(people[0]), f"/?minutes=90&with={night.pk}"
    asked = client.post("/tonight/", {"minutes": "90", "with": str(night.pk)}, headers=HTMX)
    assert asked["HX-Push-Url"] == address
    first, *others = get_picks(asked.content.decode())
    url, there = f"/tonight/films/{first}/", {"next": address}
    page = client.post(url, {"verdict": "not_for_me", **there}, headers=HTMX).content.decode()
    assert len(set(get_picks(page)) - {first}) == 3
    assert page.count('class="forecasts"') == 3
    back = client.post(f"{url}undo/", there, headers=HTMX).content.decode()
    assert get_picks(back) == [first, *others]
    end(night)
    later = client.post(url, {"verdict": "seen", **there}, headers=HTMX).content.decode()
    assert NO_NIGHT in later
    assert "Person 2" not in later


def test_form_without_scripts_leads_to_an_address_with_company(
    pair: tuple[MovieNight, list[User]],
) -> None:
    night, people = pair
    client = log_in(people[1])
    answer: Any = client.post("/tonight/", {"minutes": "", "with": str(night.pk), "page": "2"})
    assert answer["Location"] == f"/?with={night.pk}&page=2#tonight"
    alone: Any = client.post("/tonight/", {"minutes": "", "with": ""})
    assert alone["Location"] == "/#tonight"


def test_queries_do_not_grow_with_company(
    pair: tuple[MovieNight, list[User]], watch: Watch
) -> None:
    read(Client())
    night, people = pair
    two = count_queries_of(log_in(people[0]), f"/?with={night.pk}")
    night, people = gather_people(6, prefix="six")
    for person in people:
        watch(person, *HISTORY)
    six = count_queries_of(log_in(people[0]), f"/?with={night.pk}")
    assert (six <= two, two <= 12) == (True, True), (six, two)
