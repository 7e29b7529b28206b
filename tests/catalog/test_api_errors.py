from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client, RequestFactory

from movieshow.api_errors import bad_request, server_error
from tests.catalog.factories import assert_problem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/nope", "/api/v2/movies", "/api/x/"])
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_unknown_path_is_a_problem(client: Client, path: str, method: str) -> None:
    body = assert_problem(getattr(client, method)(path), 404)
    assert body["instance"] == path


def test_trailing_slash_is_another_path(client: Client) -> None:
    assert_problem(client.get("/api/v1/movies/"), 404)


def test_broken_server_answers_the_api_with_a_problem(rf: RequestFactory) -> None:
    response = server_error(rf.get("/api/v1/movies"))
    assert (response.status_code, response["Content-Type"]) == (500, "application/problem+json")
    assert bad_request(rf.get("/api/v1/movies"), ValueError()).status_code == 400


def test_forged_host_is_a_problem(client: Client) -> None:
    assert_problem(client.get("/api/v1/movies", headers={"host": "evil.example"}), 400)


def test_json_nested_too_deeply_is_a_problem(client: Client) -> None:
    url = "/api/v1/recommendations/session"
    answer = client.post(url, data="[" * 200_000, content_type="application/json")
    assert "nested too deeply" in assert_problem(answer, 400)["detail"]


def test_document_of_the_api_is_complete_and_valid() -> None:
    out = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    document = out.getvalue()
    for path in ("movies", "movies/{movie_id}", "search", "genres", "me/ratings", "me/tokens"):
        assert f"/api/v1/{path}:" in document
    assert "application/problem+json" in document


def test_document_says_of_every_operation_in_short_what_it_does(client: Client) -> None:
    document = client.get("/api/v1/schema", headers={"Accept": "application/json"}).json()
    told = [
        (operation.get("summary"), len(operation["tags"]), operation["tags"][0])
        for path in document["paths"].values()
        for operation in path.values()
    ]
    assert all(summary and tags == 1 for summary, tags, _ in told)
    assert {tag for *_, tag in told} == {
        "API tokens",
        "Films",
        "Lists",
        "Model",
        "Ratings",
        "Recommendations",
        "Taste",
        "Watchlist",
    }


def test_document_is_served_with_its_page(client: Client) -> None:
    assert client.get("/api/v1/schema").status_code == 200
    assert client.get("/api/v1/docs").status_code == 200


def test_document_locks_what_needs_a_token_and_nothing_else(client: Client) -> None:
    document = client.get("/api/v1/schema", headers={"Accept": "application/json"}).json()
    locks = {
        (method, path.removeprefix("/api/v1")): [next(iter(way)) for way in operation["security"]]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    by_session = {lock for lock, ways in locks.items() if ways == ["cookieAuth"]}
    assert by_session == {("post", "/me/tokens"), ("delete", "/me/tokens/{token_id}")}
    for (method, path), ways in locks.items():
        is_own = path.startswith("/me/") or path == "/events"
        expected = is_own and (method, path) not in by_session
        assert ("apiToken" in ways) == expected, (method, path)
        assert bool(ways) == is_own


def test_document_lets_bodies_hold_nothing_else(client: Client) -> None:
    document = client.get("/api/v1/schema", headers={"Accept": "application/json"}).json()
    bodies = [
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        for path in document["paths"].values()
        for operation in path.values()
        if "requestBody" in operation
    ]
    schemas = document["components"]["schemas"]
    assert len(bodies) >= 8
    assert all(schemas[body.rpartition("/")[2]]["additionalProperties"] is False for body in bodies)
