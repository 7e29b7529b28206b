from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from catalog.models import Genre, Movie, Rating, RatingEvent, Tag
from catalog.services import set_rating
from tests.catalog.factories import (
    count_queries_of,
    make_genre,
    make_member,
    make_movie,
    read_catalogue_version,
)

pytestmark = pytest.mark.django_db
INLINES = ["credits", "offers"]
LISTS = ["movie", "genre", "rating", "tag"]


@pytest.fixture
def opinion(member: User, movie: Movie) -> Rating:
    Tag.objects.create(user=member, movie=movie, text="red pill")
    return set_rating(user=member, movie_id=movie.pk, stars=4)


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.mark.parametrize("model", LISTS)
def test_pages_of_the_admin_load(admin_of_site: Client, opinion: Rating, model: str) -> None:
    pks = {
        "movie": opinion.movie_id,
        "genre": Genre.objects.values_list("pk", flat=True)[0],
        "rating": opinion.pk,
        "tag": Tag.objects.get().pk,
    }
    base = f"/admin/catalog/{model}/"
    for url in (base, f"{base}?q=matrix", f"{base}?q=2571", f"{base}{pks[model]}/change/"):
        assert admin_of_site.get(url).status_code == 200, url
    assert admin_of_site.get(f"{base}{pks[model]}/delete/").status_code == 200


@pytest.mark.parametrize("model", LISTS)
def test_longer_list_takes_no_more_queries(admin_of_site: Client, model: str) -> None:
    def add(numbers: range) -> None:
        for number in numbers:
            movie = make_movie(number, genres=["Drama", f"Genre {number}"])
            person = make_member(f"person{number}")
            set_rating(user=person, movie_id=movie.pk, stars=4)
            Tag.objects.create(user=person, movie=movie, text="good")

    add(range(1, 3))
    few = count_queries_of(admin_of_site, f"/admin/catalog/{model}/")
    add(range(3, 30))
    assert count_queries_of(admin_of_site, f"/admin/catalog/{model}/") <= few


@pytest.mark.parametrize("model", LISTS)
def test_members_do_not_get_in(logged_in: Client, model: str) -> None:
    assert logged_in.get(f"/admin/catalog/{model}/").status_code == 302


def test_movie_is_found_by_a_rough_title_or_an_id(admin_of_site: Client, movie: Movie) -> None:
    make_movie(5, "Other", imdb_id="tt0000005")
    for query, title in (("matrx", "The Matrix"), ("2571", "The Matrix"), ("tt0000005", "Other")):
        page = admin_of_site.get("/admin/catalog/movie/", {"q": query})
        assert str(page.context["cl"].result_list[0]).startswith(title)


def test_movie_added_in_the_admin_makes_caches_stale(admin_of_site: Client) -> None:
    before = read_catalogue_version()
    drama = make_genre("Drama")
    form = {"title": "Éclair", "year": 2026, "genres": [drama.pk]}
    form |= {f"{name}-{kind}_FORMS": 0 for name in INLINES for kind in ("TOTAL", "INITIAL")}
    response = admin_of_site.post("/admin/catalog/movie/add/", form)
    assert response.status_code == 302, response.context["errors"]
    made = Movie.objects.get()
    assert made.pk >= 1_000_000
    assert made.search_title == "eclair"
    assert read_catalogue_version() > before


def test_movie_deleted_in_the_admin_takes_its_ratings_along(
    admin_of_site: Client, opinion: Rating
) -> None:
    before = read_catalogue_version()
    url = f"/admin/catalog/movie/{opinion.movie_id}/delete/"
    assert admin_of_site.post(url, {"post": "yes"}).status_code == 302
    assert not Rating.objects.exists()
    assert read_catalogue_version() > before


def test_rating_deleted_in_the_admin_leaves_its_event(
    admin_of_site: Client, opinion: Rating
) -> None:
    form = {"action": "delete_selected", "_selected_action": [opinion.pk], "post": "yes"}
    assert admin_of_site.post("/admin/catalog/rating/", form).status_code == 302
    assert not Rating.objects.exists()
    assert RatingEvent.objects.latest("id").kind == "removed"


def test_ratings_cannot_be_written_in_the_name_of_others(
    admin_of_site: Client, opinion: Rating
) -> None:
    assert admin_of_site.get("/admin/catalog/rating/add/").status_code == 403
    url = f"/admin/catalog/rating/{opinion.pk}/change/"
    assert admin_of_site.post(url, {"stars": "1.0"}).status_code == 403


def test_count_of_a_long_list_is_capped(
    admin_of_site: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.large_tables.MAX_COUNTED_ROWS", 3)
    for number in range(1, 9):
        make_movie(number)
    page = admin_of_site.get("/admin/catalog/movie/")
    assert page.context["cl"].result_count == 3


def test_movies_are_exported_and_imported(admin_of_site: Client, movie: Movie) -> None:
    assert admin_of_site.get("/admin/catalog/movie/export/").status_code == 200
    assert admin_of_site.get("/admin/catalog/movie/import/").status_code == 200

    from catalog.resources import MovieResource

    table = MovieResource().export(Movie.objects.all())
    assert table.dict[0]["genres"] == "action|sci-fi"
    before = read_catalogue_version()
    Movie.objects.filter(pk=movie.pk).update(title="Lost")
    result = MovieResource().import_data(table, dry_run=False)
    assert not result.has_errors()
    movie.refresh_from_db()
    assert movie.title == "The Matrix"
    assert read_catalogue_version() > before


def test_no_check_complains() -> None:
    err = StringIO()
    call_command("check", "--fail-level", "WARNING", stderr=err)


@pytest.mark.parametrize("page", ["import/", "export/"])
def test_staff_without_rights_cannot_import_or_export(client: Client, page: str) -> None:
    client.force_login(User.objects.create_user("staff", is_staff=True))
    assert client.get(f"/admin/catalog/movie/{page}").status_code == 403


def test_import_asks_for_the_rights_to_add_and_to_change(client: Client) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    client.force_login(clerk)
    codes = []
    for right in ("view", "change", "add"):
        clerk.user_permissions.add(Permission.objects.get(codename=f"{right}_movie"))
        codes.append(client.get("/admin/catalog/movie/import/").status_code)
    assert codes == [403, 403, 200]


def test_mean_rating_of_a_movie_is_shown_with_two_places(admin_of_site: Client) -> None:
    make_movie(7, "Alien", rating_mean=4.192307692, rating_count=13)
    page = admin_of_site.get("/admin/catalog/movie/7/change/").content.decode()
    assert "4.19" in page
    assert "4.192" not in page
