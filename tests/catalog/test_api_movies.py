import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from catalog.models import Availability, Credit, Movie, Person, Rating, Service, TmdbRecord
from tests.catalog.factories import assert_problem, count_queries_of, make_movie

pytestmark = pytest.mark.django_db
LISTS = ["/api/v1/movies", "/api/v1/genres", "/api/v1/search?q=film"]
READ_ONLY = [*LISTS, "/api/v1/movies/2571"]


@pytest.mark.parametrize("url", READ_ONLY)
def test_anybody_may_read_the_catalogue(client: Client, movie: Movie, url: str) -> None:
    assert client.get(url).status_code == 200


@pytest.mark.parametrize("url", READ_ONLY)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_catalogue_cannot_be_written(
    logged_in: Client, movie: Movie, url: str, method: str
) -> None:
    response = getattr(logged_in, method)(url, data={}, content_type="application/json")
    assert_problem(response, 405)
    assert "GET" in response["Allow"]


@pytest.mark.parametrize("url", LISTS)
def test_longer_list_takes_no_more_queries(client: Client, url: str) -> None:
    make_movie(1, genres=["Drama", "War"])
    few = count_queries_of(client, url)
    for number in range(2, 20):
        make_movie(number, genres=["Drama", "War", f"Genre {number}"])
    assert count_queries_of(client, url) <= few


def test_movies_come_in_pages_most_rated_first(client: Client) -> None:
    for number in range(1, 6):
        make_movie(number, rating_count=number, genres=["War", "Drama"])
    options, pages = {"limit": "2"}, []
    for _page in range(3):
        body = client.get("/api/v1/movies", options).json()
        assert body["count"] == 5
        pages.append([movie["id"] for movie in body["results"]])
        options["cursor"] = body["next_cursor"]
    assert body["next_cursor"] is None
    assert pages == [[5, 4], [3, 2], [1]]
    assert body["results"][0]["genres"] == ["Drama", "War"]


def test_mean_is_told_to_two_decimals(client: Client) -> None:
    make_movie(1, rating_mean=3.8765432)
    assert client.get("/api/v1/movies/1").json()["rating_mean"] == 3.88
    [listed] = client.get("/api/v1/movies").json()["results"]
    assert listed["rating_mean"] == 3.88


def test_movies_are_narrowed_and_ordered(client: Client) -> None:
    make_movie(1, "Alien", year=1979, genres=["Horror"], rating_count=50, rating_mean=4.1)
    make_movie(2, "Aliens", year=1986, genres=["Action"], rating_count=90, rating_mean=4.0)
    make_movie(3, "Up", year=2009, genres=["Animation"], rating_count=10, rating_mean=4.9)

    def ids(query: str) -> list[int]:
        return [movie["id"] for movie in client.get(f"/api/v1/movies?{query}").json()["results"]]

    assert ids("genre=horror&genre=animation") == [1, 3]
    assert ids("year_min=1980&year_max=2000") == [2]
    assert ids("rating_min=4.05") == [1, 3]
    assert ids("ratings_min=50&ordering=oldest") == [1, 2]
    assert ids("search=alien") == [1, 2]
    assert ids("search=alien&ordering=newest") == [2, 1]
    assert ids("ordering=title") == [1, 2, 3]
    assert ids("ordering=best") == [3, 1, 2]
    assert ids("search=nothing at all") == []


def test_movies_are_narrowed_as_on_the_page(client: Client, member: User) -> None:
    make_movie(1, year=1979, genres=["Horror", "Drama"], runtime_minutes=116, rating_count=1)
    make_movie(2, year=1980, genres=["Drama"], runtime_minutes=None, rating_count=9)
    make_movie(3, year=1989, genres=["Comedy"], runtime_minutes=92, rating_count=5)
    Rating.objects.create(user=member, movie_id=3, stars=4)

    def ids(query: str) -> list[int]:
        return [movie["id"] for movie in client.get(f"/api/v1/movies?{query}").json()["results"]]

    assert ids("without=horror&without=comedy") == [2]
    assert ids("decade=1980") == [2, 3]
    assert ids("runtime=usual") == [3, 1, 2]
    assert ids("runtime=usual&ordering=oldest") == [1, 3, 2]
    assert ids("runtime=epic") == [2]
    assert ids("unseen=true") == [2, 3, 1]
    client.force_login(member)
    assert ids("unseen=true") == [2, 1]
    assert ids("unseen=false") == [2, 3, 1]


def test_films_that_may_not_fit_are_said_to_be_left_out_and_come_last_when_asked(
    client: Client,
) -> None:
    make_movie(1, year=1979, genres=["Horror"], rating_count=1, rating_mean=3.0)
    make_movie(2, year=None, genres=["Horror"], rating_count=9, rating_mean=4.0)
    make_movie(3, year=1989, genres=[], rating_count=5, rating_mean=4.5, runtime_minutes=95)
    make_movie(4, year=1989, genres=["(no genres listed)"], rating_count=2, rating_mean=None)

    for query, is_said, fitting, unknown in (
        ("", False, [2, 3, 4, 1], []),
        ("genre=horror", True, [2, 1], [3, 4]),
        ("year_max=1980", True, [1], [2]),
        ("decade=1980&ordering=newest", True, [3, 4], [2]),
        ("rating_min=4", True, [2, 3], [4]),
        ("genre=horror&year_min=1970&rating_min=3", True, [1], [2, 3, 4]),
        ("genre=horror&year_min=1970&runtime=usual", True, [1], [3, 2, 4]),
        ("genre=no-genres-listed", False, [4], []),
        ("without=horror&runtime=short", False, [4], []),
    ):
        body = client.get(f"/api/v1/movies?{query}").json()
        assert body["leaves_out_unknown"] is is_said, query
        assert [movie["id"] for movie in body["results"]] == fitting, query
        body = client.get(f"/api/v1/movies?{query}&unknown=true").json()
        assert body["leaves_out_unknown"] is False, query
        assert [movie["id"] for movie in body["results"]] == fitting + unknown, query
        assert client.get(f"/api/v1/movies?{query}&unknown=false").json()["count"] == len(fitting)


def test_document_of_the_api_says_what_is_left_out(client: Client) -> None:
    document = client.get("/api/v1/schema?format=json").json()
    listing = document["paths"]["/api/v1/movies"]["get"]
    [option] = [each for each in listing["parameters"] if each["name"] == "unknown"]
    assert option["schema"] == {"type": "boolean"}
    assert "leaves_out_unknown" in option["description"]
    answer = listing["responses"]["200"]["content"]["application/json"]["schema"]
    found = document["components"]["schemas"][answer["$ref"].rpartition("/")[2]]
    assert "leaves_out_unknown" in found["required"]


@pytest.mark.parametrize(
    "url", ["/api/v1/movies?min_year=1990", "/api/v1/genres?q=x", "/api/v1/search?q=x&page=2"]
)
def test_option_that_there_is_not_is_refused_and_those_there_are_named(
    client: Client, movie: Movie, url: str
) -> None:
    body = assert_problem(client.get(url), 400)
    [(name, [text])] = body["errors"].items()
    assert name in url
    assert text.startswith("There is no such field; there are: ")
    assert "limit" in text


@pytest.mark.parametrize(
    "query",
    [
        "genre=none",
        "unknown=maybe",
        "unseen=2",
        "year_min=x",
        "year_min=1e400",
        "ordering=magic",
        "ratings_min=-1",
        "decade=1985",
        "runtime=1",
        "without=none",
        "limit=0",
        "limit=101",
        "cursor=rubbish",
        "cursor=WyJhYiIsMV0",
        "page=2",
        "page_size=5",
        "offset=5",
    ],
)
def test_wrong_filter_is_a_problem_that_names_it(client: Client, query: str) -> None:
    body = assert_problem(client.get(f"/api/v1/movies?{query}"), 400)
    assert list(body["errors"]) == [query.partition("=")[0]]


def test_movie_shows_all_that_is_known(client: Client) -> None:
    make_movie(
        1, "Toy Story", year=1995, imdb_id="tt0114709", tmdb_id=862, extract="A film.",
        wikipedia_page="Toy_Story",
    )  # fmt: skip
    assert client.get("/api/v1/movies/1").json() == {
        "id": 1,
        "title": "Toy Story",
        "year": 1995,
        "genres": ["Drama"],
        "rating_count": 0,
        "rating_mean": None,
        "imdb_id": "tt0114709",
        "tmdb_id": 862,
        "text": {
            "extract": "A film.",
            "source_url": "https://en.wikipedia.org/wiki/Toy_Story",
            "licence": "CC BY-SA 4.0",
        },
        "facts": {
            "runtime_minutes": None,
            "directors": [],
            "cast": [],
            "country": "US",
            "services": [],
            "attribution": None,
        },
    }


def test_movie_shows_facts_and_whom_to_name_for_them(client: Client, movie: Movie) -> None:
    Movie.objects.update(runtime_minutes=136)
    person = Person.objects.create(name="Ada Lens")
    Credit.objects.create(movie=movie, person=person, job="director")
    Credit.objects.create(movie=movie, person=person, job="actor", character="A passer-by")
    service = Service.objects.create(slug="streamly", name="Streamly")
    Availability.objects.create(movie=movie, service=service, country="US", offer="ads")
    TmdbRecord.objects.create(movie=movie, tmdb_id=603, fetched_at=timezone.now())
    body = client.get(f"/api/v1/movies/{movie.pk}").json()["facts"]
    assert "not endorsed or certified by TMDB" in body.pop("attribution")
    assert body == {
        "runtime_minutes": 136,
        "directors": ["Ada Lens"],
        "cast": [{"name": "Ada Lens", "character": "A passer-by"}],
        "country": "US",
        "services": [{"slug": "streamly", "name": "Streamly", "offer": "ads"}],
    }


def test_movie_without_text_has_none(client: Client, movie: Movie) -> None:
    body = client.get(f"/api/v1/movies/{movie.pk}").json()
    assert (body["text"], body["imdb_id"]) == (None, None)


@pytest.mark.parametrize("movie_id", [5, 10**30])
def test_unknown_movie_is_not_found(client: Client, movie_id: int) -> None:
    assert_problem(client.get(f"/api/v1/movies/{movie_id}"), 404)


def test_search_forgives_typing_errors(client: Client, movie: Movie) -> None:
    body = client.get("/api/v1/search?q=matrx").json()
    assert [found["title"] for found in body["results"]] == ["The Matrix"]
    assert body["results"][0]["genres"] == ["Action", "Sci-Fi"]


@pytest.mark.parametrize("query", ["", "q=", "q=x&limit=0", "q=x&limit=many", f"q={'x' * 101}"])
def test_search_without_a_fit_query_is_a_problem(client: Client, query: str) -> None:
    assert assert_problem(client.get(f"/api/v1/search?{query}"), 400)["errors"]
