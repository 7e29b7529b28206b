"""What viewers and catalogue managers see of films' facts."""

import io
from datetime import timedelta
from typing import Any

import django_rq
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from PIL import Image
from pytest_django.fixtures import Settings
from rq import Queue

from accounts.models import User
from catalog import jobs
from catalog.models import Availability, Credit, Movie, Person, Service, TmdbRecord
from catalog.posters.kept import get_storage
from catalog.selectors import get_movie_cards
from catalog.templatetags import facts as fact_tags
from catalog.templatetags.movies import poster_url
from catalog.tmdb.client import TmdbClient
from catalog.tmdb.queueing import JOB_ID, QUEUE, queue_fetching
from catalog.tmdb.requesting import get_requested, request_due_films
from tests.catalog.factories import count_queries_of, make_movie
from tests.catalog.tmdb.stand_in import Fault, StandIn
from tests.catalog.tmdb.steps import FILM, fetch

pytestmark = pytest.mark.django_db
MOVIES = "/admin/catalog/movie/"


@pytest.fixture
def fetched(client_of_tmdb: TmdbClient, keeper: Movie) -> Movie:
    fetch(client_of_tmdb)
    keeper.refresh_from_db()
    return keeper


@pytest.mark.parametrize(("size", "shape"), [("small", (342, 513)), ("large", (600, 900))])
def test_kept_poster_comes_from_our_own_address(
    client: Client, fetched: Movie, size: str, shape: tuple[int, int]
) -> None:
    (card,) = get_movie_cards([fetched.pk])
    url = poster_url(card, size)
    assert url == f"/posters/1-{fetched.poster_key}-{size}.webp"
    response: Any = client.get(url)
    assert response["Content-Type"] == "image/webp"
    assert "immutable" in response["Cache-Control"]
    with Image.open(io.BytesIO(b"".join(response.streaming_content))) as image:
        assert image.size == shape
    assert client.post(url).status_code == 405


def test_poster_that_is_gone_leads_to_the_drawn_one(client: Client, fetched: Movie) -> None:
    (card,) = get_movie_cards([fetched.pk])
    url = poster_url(card)
    get_storage().delete(f"001/1-{card.poster_key}-small.webp")
    response = client.get(url, follow=True)
    assert response["Content-Type"] == "image/svg+xml"
    assert "no-store" in client.get(url)["Cache-Control"]
    assert client.get(url.replace("/1-", "/77-")).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "1-0123456789abcdef-huge.webp",
        "1-../../secret_key-small.webp",
        "1-0123456789ABCDEF-small.webp",
        "x-0123456789abcdef-small.webp",
        "1-w500abc-small.webp",
        "1-0123456789abcdef-small.webp/",
    ],
)
def test_address_of_no_poster_is_not_found(client: Client, db: None, path: str) -> None:
    assert client.get(f"/posters/{path}").status_code == 404


def test_film_without_a_picture_has_its_drawn_poster(movie: Movie) -> None:
    (card,) = get_movie_cards([movie.pk])
    assert poster_url(card, "large").endswith(".svg")


def test_pages_name_tmdb_while_anything_of_it_may_be_shown(
    client: Client, client_of_tmdb: TmdbClient, keeper: Movie, tmdb_settings: Settings
) -> None:
    def show() -> str:
        fact_tags._look.cache_clear()
        return client.get("/search/").content.decode()

    said = "not endorsed or certified by TMDB"
    assert said in show()
    fetch(client_of_tmdb)
    tmdb_settings.TMDB_API_KEY = ""
    assert said in show()
    TmdbRecord.objects.update(fetched_at=timezone.now() - timedelta(days=181))
    assert jobs.request_due_facts_job() == 0
    page = show()
    assert said not in page
    assert "Posters are drawn by this site." in page


def test_manager_has_facts_of_chosen_films_fetched(
    admin_of_site: Client, keeper: Movie, tmdb: StandIn
) -> None:
    make_movie(2)
    form = {"action": "fetch_facts", "_selected_action": [1, 2]}
    page = admin_of_site.post(MOVIES, form, follow=True).content.decode()
    assert "1 film will be fetched" in page
    assert "1 film has no TMDB id" in page
    assert get_requested().get().movie_id == keeper.pk
    assert tmdb.asked == []  # a worker's to do
    assert "waiting for a worker" in admin_of_site.get(f"{MOVIES}1/change/").content.decode()
    assert jobs.fetch_facts_job() == 0
    assert Movie.objects.get(pk=1).runtime_minutes == 95
    assert "fetched 20" in admin_of_site.get(f"{MOVIES}1/change/").content.decode()


def test_without_a_key_the_manager_is_told_so(
    admin_of_site: Client, keeper: Movie, tmdb_settings: Settings
) -> None:
    tmdb_settings.TMDB_API_KEY = ""
    form = {"action": "fetch_facts", "_selected_action": [1]}
    page = admin_of_site.post(MOVIES, form, follow=True).content.decode()
    assert "There is no TMDB_API_KEY" in page
    assert not TmdbRecord.objects.exists()
    assert jobs.request_due_facts_job() == jobs.fetch_facts_job() == 0


def test_staff_who_may_only_look_cannot_have_facts_fetched(client: Client, keeper: Movie) -> None:
    from django.contrib.auth.models import Permission

    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_movie"))
    client.force_login(staff)
    client.post(MOVIES, {"action": "fetch_facts", "_selected_action": [1]})
    assert not TmdbRecord.objects.exists()


def test_manager_adds_people_and_services_by_hand(admin_of_site: Client, movie: Movie) -> None:
    for model, form in (
        ("person", {"name": "Ada Lens"}),
        ("service", {"name": "Kinohaus", "slug": "kinohaus"}),
    ):
        assert admin_of_site.post(f"/admin/catalog/{model}/add/", form).status_code == 302
        assert admin_of_site.get(f"/admin/catalog/{model}/").status_code == 200
    ada, service = Person.objects.get(), Service.objects.get()
    changes: dict[str, Any] = {
        "title": movie.title,
        "runtime_minutes": 90,
        "genres": [genre.pk for genre in movie.genres.all()],
        "credits-TOTAL_FORMS": 1,
        "credits-INITIAL_FORMS": 0,
        "credits-0-person": ada.pk,
        "credits-0-job": "director",
        "credits-0-order": 0,
        "offers-TOTAL_FORMS": 1,
        "offers-INITIAL_FORMS": 0,
        "offers-0-service": service.pk,
        "offers-0-country": "DE",
        "offers-0-offer": "free",
    }
    response = admin_of_site.post(f"{MOVIES}{movie.pk}/change/", changes)
    assert response.status_code == 302, response.context["errors"]
    assert Credit.objects.get().source == Availability.objects.get().source == "operator"
    assert Movie.objects.get().runtime_minutes == 90


@pytest.mark.parametrize("model", ["person", "service"])
def test_longer_list_takes_no_more_queries(admin_of_site: Client, model: str) -> None:
    def add(numbers: range) -> None:
        for number in numbers:
            Person.objects.create(name=f"P {number}")
            Service.objects.create(name=f"S {number}", slug=f"s{number}")

    add(range(2))
    few = count_queries_of(admin_of_site, f"/admin/catalog/{model}/")
    add(range(2, 30))
    assert count_queries_of(admin_of_site, f"/admin/catalog/{model}/") <= few


def test_members_do_not_get_in(logged_in: Client) -> None:
    for model in ("person", "service"):
        assert logged_in.get(f"/admin/catalog/{model}/").status_code == 302


def test_nightly_jobs_fetch_what_is_due(keeper: Movie, tmdb: StandIn) -> None:
    assert jobs.fetch_facts_job() == 0
    assert tmdb.asked == []  # nothing is wanted before the night
    assert jobs.request_due_facts_job() == 1
    assert jobs.fetch_facts_job() == 0
    assert len(tmdb.asked) == 2
    assert jobs.request_due_facts_job() == 0


def test_command_fetches_what_is_due_or_named(
    keeper: Movie, tmdb: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("fetch_facts")
    assert "1 fetched, 0 as before, 1 posters" in capsys.readouterr().out
    call_command("fetch_facts")
    assert "0 fetched" in capsys.readouterr().out
    call_command("fetch_facts", "1")
    assert "0 fetched, 1 as before" in capsys.readouterr().out
    call_command("fetch_facts", "--all")
    assert "0 fetched, 1 as before" in capsys.readouterr().out
    make_movie(2)
    for arguments, problem in ((["9"], "no movie with id 9"), (["1", "2"], "have no TMDB id")):
        with pytest.raises(CommandError, match=problem):
            call_command("fetch_facts", *arguments)


def test_command_says_why_it_cannot_go_on(
    keeper: Movie, tmdb: StandIn, tmdb_settings: Settings
) -> None:
    tmdb.fail(FILM, Fault(status=401))
    with pytest.raises(CommandError, match=r"not accepted \(HTTP 401\); run it again"):
        call_command("fetch_facts")
    assert request_due_films() == 1
    tmdb_settings.TMDB_API_KEY = ""
    with pytest.raises(CommandError, match="TMDB_API_KEY is not set"):
        call_command("fetch_facts")


def test_poster_of_a_deleted_film_is_deleted(
    fetched: Movie, django_capture_on_commit_callbacks: Any
) -> None:
    name = f"001/1-{fetched.poster_key}-large.webp"
    assert get_storage().exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        Movie.objects.all().delete()
    assert not get_storage().exists(name)


def test_fetching_waits_in_the_queue_once_and_is_no_error_without_redis(
    tmdb_settings: Settings, db: None
) -> None:
    assert [queue_fetching(), queue_fetching()] == [True, False]
    assert Queue(QUEUE, connection=django_rq.get_connection(QUEUE)).job_ids == [JOB_ID]
    queues = {name: {**queue} for name, queue in tmdb_settings.RQ_QUEUES.items()}
    queues[QUEUE]["URL"] = "redis://127.0.0.1:9/0"  # nobody listens there
    tmdb_settings.RQ_QUEUES = queues
    assert queue_fetching() is False
