import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from catalog.models import Movie
from movieshow.middleware import RequestLogMiddleware
from recommender.models import ModelVersion
from recommender.night import views
from recommender.night.models import MovieNight, NightApproval, NightFilm
from recommender.night.services import create_night, join_night
from recommender.night.voting import cast_ballot, start_vote
from tests.catalog.factories import count_queries, count_queries_of
from tests.pages import read
from tests.recommender.conftest import Watch
from tests.recommender.night.conftest import RULE, begin_vote, gather_people, make_person

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
ACTIONS = ("start", "vote", "close", "again", "leave", "call_off", "link", "rule")
HOSTED = ("start", "close", "again", "call_off", "link", "rule")


def log_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def do(client: Client, night: MovieNight, name: str, *args: int, **data: Any) -> str:
    """Post an action as a plain form and return the page it leads to."""
    url = reverse(f"night_{name}", args=[night.pk, *args])
    answer: Any = client.post(url, data, follow=True)
    assert answer.status_code == 200, answer.status_code
    text: str = answer.content.decode()
    return text


def url_of(night: MovieNight) -> str:
    return reverse("night", args=[night.pk])


def link_of(night: MovieNight) -> str:
    return reverse("night_join", args=[night.invite_slug])


def action_urls(night: MovieNight) -> list[str]:
    plain = [reverse(f"night_{name}", args=[night.pk]) for name in ACTIONS]
    return plain + [
        reverse(f"night_{name}", args=[night.pk, 1]) for name in ("remove", "pick", "unpick")
    ]


def test_two_people_find_a_film_without_scripts(active_model: ModelVersion) -> None:
    ada, ben = Client(), Client()
    page = ada.post("/night/", {"name": "Ada", "rule": RULE}, follow=True).content.decode()
    assert "Who is watching?" in page
    night = MovieNight.objects.get()
    assert link_of(night) in page
    invitation = read(ben, link_of(night))
    assert "Ada asks you to a movie night" in invitation
    assert "What the others see of you" in invitation
    joined = ben.post(link_of(night), {"name": "Ben"}, follow=True).content.decode()
    assert "The host starts the vote" in joined
    assert link_of(night) not in joined
    ballot = do(ada, night, "start")
    assert "Which would you watch?" in ballot
    assert len(re.findall('name="film"', ballot)) == 8
    first, second = re.findall(r'name="film"\s+value="(\d+)"', ballot)[:2]
    assert "1 of 2 have voted" in do(ada, night, "vote", film=[first, second], round=1)
    decided = do(ben, night, "vote", film=[second], round=1)
    title = NightFilm.objects.get(pk=second).movie.title
    assert f"You watch {title}" in decided
    assert "2 votes" in decided
    assert f"You watch {title}" in read(ada, url_of(night))
    assert title in read(ada, "/night/")


def test_reading_writes_nothing_and_makes_no_guest(active_model: ModelVersion) -> None:
    night, people, _films = begin_vote(2)
    MovieNight.objects.update(status="gathering")
    visits = [(Client(), "/night/"), (Client(), link_of(night)), (log_in(people[0]), url_of(night))]
    for client, url in visits:
        with CaptureQueriesContext(connection) as captured:
            read(client, url)
        written = [q for q in captured.captured_queries if re.match("INSERT|UPDATE", q["sql"])]
        assert written == []


def test_actions_answer_posts_alone(db: None) -> None:
    night, people = gather_people(2)
    client = log_in(people[0])
    assert {client.get(url).status_code for url in action_urls(night)} == {405}


def test_pages_refuse_other_methods(db: None) -> None:
    night, people = gather_people(2)
    client = log_in(people[0])
    assert client.post(url_of(night)).status_code == 405
    assert client.post(reverse("night_state", args=[night.pk])).status_code == 405
    assert client.put("/night/").status_code == 405
    assert client.put(link_of(night)).status_code == 405


def test_strangers_find_no_night(db: None) -> None:
    night, _people = gather_people(2)
    for client in (Client(), log_in(make_person("stranger"))):
        read(client, url_of(night), 404)
        assert {client.post(url).status_code for url in action_urls(night)} == {404}
    assert not User.objects.filter(is_guest=True).exists()


def test_members_do_not_do_what_the_host_does(active_model: ModelVersion) -> None:
    night, people = gather_people(2)
    client = log_in(people[1])
    for name in HOSTED:
        assert (
            client.post(reverse(f"night_{name}", args=[night.pk]), {"rule": RULE}).status_code
            == 403
        )
    seat = night.members.get(is_host=True)
    assert client.post(reverse("night_remove", args=[night.pk, seat.pk])).status_code == 403
    page = read(client, url_of(night))
    assert "Start the vote" not in page
    assert "Remove" not in page


def test_form_says_what_is_wrong_and_keeps_what_was_typed(db: None) -> None:
    answer: Any = Client().post("/night/", {"name": "  ", "rule": "least_misery"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "This field is required" in page
    assert re.search(r'value="least_misery"[^>]*checked', page)
    odd: Any = Client().post("/night/", {"name": "A\u202eB", "rule": RULE})
    assert odd.status_code == 422
    assert "that can be seen" in odd.content.decode()
    assert Client().post("/night/", {"name": "A", "rule": "worst"}).status_code == 422
    assert not MovieNight.objects.exists()


def test_name_that_is_taken_is_told_and_kept(db: None) -> None:
    night, _people = gather_people(2)
    answer: Any = Client().post(link_of(night), {"name": "person  2"})
    assert answer.status_code == 409
    assert "has that name already" in answer.content.decode()
    assert 'value="person  2"' in answer.content.decode()


def test_link_that_opens_nothing_says_so(db: None) -> None:
    night, people = gather_people(2)
    old = link_of(night)
    do(log_in(people[0]), night, "link", do="renew")
    for client in (Client(), log_in(make_person("x"))):
        assert "opens nothing any more" in read(client, old, 404)
        assert client.post(old, {"name": "X"}).status_code == 404


def test_link_is_closed_and_made_anew(db: None) -> None:
    night, people = gather_people(2)
    client = log_in(people[0])
    assert "nobody else can come in" in do(client, night, "link", do="close")
    night.refresh_from_db()
    assert night.invite_slug is None
    assert "/night/join/" in do(client, night, "link", do="renew")


def test_full_night_and_begun_vote_show_no_form(active_model: ModelVersion) -> None:
    night, people = gather_people(6)
    assert "All seats are taken" in read(Client(), link_of(night))
    start_vote(host=people[0], night_id=night.pk)
    page = read(Client(), link_of(night))
    assert "The vote has begun" in page
    assert 'name="name"' not in page
    assert Client().post(link_of(night), {"name": "Late"}).status_code == 409


def test_member_with_the_link_is_led_to_the_night(db: None) -> None:
    night, people = gather_people(2)
    answer = log_in(people[1]).get(link_of(night))
    assert answer["Location"] == url_of(night)


def test_link_stays_out_of_searches_referrers_caches_and_the_log(db: None) -> None:
    night, _people = gather_people(1)
    answer = Client().get(link_of(night))
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "no-store" in answer["Cache-Control"]
    logged = RequestLogMiddleware.format_request(answer.wsgi_request)
    assert logged == "GET /night/join/.../"


def test_others_see_name_and_forecasts_and_that_not_what_one_voted(
    active_model: ModelVersion, watch: Watch
) -> None:
    night, people = gather_people(3)
    watch(people[1], 1, 2, 3, stars=2.0)
    night = start_vote(host=people[0], night_id=night.pk)
    film = NightFilm.objects.filter(night=night)[0]
    cast_ballot(user=people[1], night_id=night.pk, round_number=1, film_ids=[film.pk])
    page = read(log_in(people[0]), url_of(night))
    assert "Person 2" in page
    assert "has voted" in page
    assert "1 vote" not in page
    assert people[1].username not in page


def test_stale_ballot_is_refused_with_a_message(active_model: ModelVersion) -> None:
    night, people, films = begin_vote(2)
    client = log_in(people[0])
    page = do(client, night, "vote", film=films[:1], round=7)
    assert "The night has moved on" in page
    assert not NightApproval.objects.exists()
    assert "moved on" in do(client, night, "vote", film=["abc", "9" * 30], round=1)


def test_page_that_asks_again_gets_nothing_until_something_changes(
    active_model: ModelVersion,
) -> None:
    night, people, films = begin_vote(3)
    client = log_in(people[0])
    page = read(client, url_of(night))
    found = re.search(r'hx-get="([^"]+)"', page)
    assert found
    url = found[1].replace("&amp;", "&")
    assert client.get(url, headers=HTMX).status_code == 204
    assert count_queries(lambda: client.get(url, headers=HTMX)) <= 3
    cast_ballot(user=people[1], night_id=night.pk, round_number=1, film_ids=films[:1])
    answer: Any = client.get(url, headers=HTMX)
    assert answer.status_code == 200
    assert "1 of 3 have voted" in answer.content.decode()
    assert 'name="film"' not in answer.content.decode()
    for person in (people[0], people[2]):
        cast_ballot(user=person, night_id=night.pk, round_number=1, film_ids=[])
    over = client.get(url, headers=HTMX)
    assert (over.status_code, over["HX-Refresh"]) == (204, "true")


def test_page_of_a_guest_follows_the_hosts_choices(catalogue: list[Movie]) -> None:
    night, people = gather_people(2)
    client = log_in(people[1])
    found = re.search(r'hx-get="([^"]+)"', read(client, url_of(night)))
    assert found
    url = found[1].replace("&amp;", "&")
    assert "HX-Refresh" not in client.get(url, headers=HTMX)
    do(log_in(people[0]), night, "rule", rule="host_picks")
    assert client.get(url, headers=HTMX)["HX-Refresh"] == "true"


def test_page_of_whoever_was_removed_goes_to_their_nights(db: None) -> None:
    night, people = gather_people(2)
    client = log_in(people[1])
    seat = night.members.get(user=people[1])
    do(log_in(people[0]), night, "remove", seat.pk)
    answer = client.get(reverse("night_state", args=[night.pk]) + "?version=1&stage=gathering-1")
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/night/")


def test_host_does_all_there_is_to_do(active_model: ModelVersion) -> None:
    night, people = gather_people(3, rule=MovieNight.Rule.LEAST_MISERY)
    client = log_in(people[0])
    third = night.members.get(user=people[2])
    assert "Person 3 is no longer in" in do(client, night, "remove", third.pk)
    assert "Saved." in do(client, night, "rule", rule=RULE, allows_seen="on")
    assert "Choose one of the three" in do(client, night, "rule", rule="none")
    do(client, night, "start")
    assert "Nobody has voted yet" in do(client, night, "close")
    do(client, night, "vote", round=1)
    assert "No film found" in do(client, night, "close")
    assert "Who is watching?" in do(client, night, "again")
    assert "called off" in do(client, night, "call_off")
    assert not MovieNight.objects.exists()


def test_vote_goes_by_the_rule_chosen_on_the_page_saved_or_not(
    active_model: ModelVersion,
) -> None:
    night, people = gather_people(2)
    page = do(log_in(people[0]), night, "start", rule="host_picks")
    assert "not enough films" in page
    assert "Find a film for the list" in page
    assert "the least keen of you" in do(log_in(people[0]), night, "start", rule="least_misery")


def test_host_finds_films_for_the_list_by_name(catalogue: list[Movie]) -> None:
    night, people = gather_people(2, rule=MovieNight.Rule.HOST_PICKS)
    client = log_in(people[0])
    assert "Add Film 33" in read(client, f"{url_of(night)}?q=film 33")
    assert "Take Film 33 off" in do(client, night, "pick", 33)
    assert "Add Film 33" not in read(client, f"{url_of(night)}?q=film 33")
    assert "Film 33" in read(log_in(people[1]), url_of(night))
    assert "Find a film" not in read(log_in(people[1]), url_of(night))
    assert "No film is on the list" in do(client, night, "unpick", 33)
    assert client.post(reverse("night_pick", args=[night.pk, 999])).status_code == 404


def test_night_that_is_over_says_so_and_asks_no_more(db: None) -> None:
    night, people = gather_people(2)
    MovieNight.objects.update(expires_at=timezone.now())
    client = log_in(people[0])
    page = read(client, url_of(night))
    assert "This movie night is over" in page
    assert "hx-get" not in page
    assert "over" in read(client, "/night/")
    assert "This movie night is over." in do(client, night, "start")
    do(client, night, "leave")


def test_newcomers_are_asked_to_rate_and_raters_are_not(
    catalogue: list[Movie], watch: Watch
) -> None:
    night, people = gather_people(2)
    watch(people[0], 1, 2, 3, 4, 5)
    assert "what everybody thinks" not in read(log_in(people[0]), url_of(night))
    assert "what everybody thinks" in read(log_in(people[1]), url_of(night))


def test_one_address_starts_and_joins_only_so_many(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "ENTRIES_PER_ADDRESS", 2)
    night, _people = gather_people(1)
    assert Client().post("/night/", {"name": "A", "rule": RULE}).status_code == 302
    assert Client().post(link_of(night), {"name": "B"}).status_code == 302
    refused: Any = Client().post(link_of(night), {"name": "C"})
    assert refused.status_code == 429
    assert "wait an hour" in refused.content.decode()
    assert Client().post("/night/", {"name": "D", "rule": RULE}).status_code == 429


def test_queries_do_not_grow_with_people_films_or_nights(active_model: ModelVersion) -> None:
    small, people, _films = begin_vote(2)
    client = log_in(people[0])
    NightFilm.objects.filter(night=small, rank__gt=2).delete()
    few = count_queries_of(client, url_of(small))
    nights = count_queries_of(client, "/night/")
    large = create_night(host=people[0], name="Host", rule=RULE)
    for number in range(5):
        person = make_person(f"more{number}")
        join_night(user=person, slug=large.invite_slug or "", name=f"More {number}")
    start_vote(host=people[0], night_id=large.pk)
    assert count_queries_of(client, url_of(large)) <= few <= 10
    assert count_queries_of(client, "/night/") <= nights <= 5
