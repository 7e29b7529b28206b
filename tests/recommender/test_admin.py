"""The admin site: which model is served, and a look at tastes."""

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Movie
from recommender import model_versions, services
from recommender.models import ModelVersion
from tests.recommender.test_model_versions import copy_model

CHANGELIST = "/admin/recommender/modelversion/"


@pytest.fixture
def operator(db: None, client: Client) -> Client:
    """A browser of somebody who may do everything."""
    client.force_login(User.objects.create_superuser("operator", password="operator's password"))
    return client


@pytest.fixture
def second_model(active_model, model_directory, tmp_path):  # type: ignore[no-untyped-def]
    """Another version, not active."""
    return model_versions.install_model(
        directory=copy_model(model_directory, tmp_path / "2", note="\n"), name="second"
    )


def act(client: Client, action: str, *versions: ModelVersion) -> str:
    data = {"action": action, "_selected_action": [str(version.pk) for version in versions]}
    return client.post(CHANGELIST, data, follow=True).content.decode()


def active_id() -> int:
    return ModelVersion.objects.get(is_active=True).pk


def test_version_is_activated_and_rolled_back(
    operator: Client, active_model: ModelVersion, second_model: ModelVersion
) -> None:
    assert "Now served" in act(operator, "activate", second_model)
    assert active_id() == second_model.pk
    assert "Rolled back" in act(operator, "roll_back", second_model)
    assert active_id() == active_model.pk
    assert "No earlier version" in act(operator, "roll_back", second_model)


def test_list_says_in_words_which_version_is_served(
    operator: Client, active_model: ModelVersion, second_model: ModelVersion
) -> None:
    page = operator.get(CHANGELIST).content.decode()
    assert page.count("served now") == page.count("never served") == 1
    act(operator, "activate", second_model)
    page = operator.get(f"{CHANGELIST}?is_active__exact=0").content.decode()
    assert "served earlier" in page
    assert "served now" not in page


def test_exactly_one_version_can_be_activated(
    operator: Client, active_model: ModelVersion, second_model: ModelVersion
) -> None:
    assert "exactly one" in act(operator, "activate", active_model, second_model)
    assert active_id() == active_model.pk


def test_page_of_a_version_shows_its_card(operator: Client, active_model: ModelVersion) -> None:
    page = operator.get(f"{CHANGELIST}{active_model.pk}/change/").content.decode()
    assert "for tests" in page


def test_page_of_a_version_tells_how_often_its_answers_were_kept(
    operator: Client, active_model: ModelVersion
) -> None:
    viewer = APIClient()
    viewer.force_authenticate(User.objects.create_user("asker"))
    for _ in range(4):
        viewer.get("/api/v1/me/recommendations")
    page = operator.get(f"{CHANGELIST}{active_model.pk}/change/").content.decode()
    assert "75.0 % (3 / 4)" in page


def test_staff_without_the_permission_cannot_activate(
    client: Client, active_model: ModelVersion, second_model: ModelVersion
) -> None:
    staff = User.objects.create_user("staff", password="staff's password", is_staff=True)
    client.force_login(staff)
    assert client.get(CHANGELIST).status_code == 403
    act(client, "activate", second_model)
    assert active_id() == active_model.pk


def test_versions_cannot_be_added_or_deleted_by_hand(
    operator: Client, active_model: ModelVersion
) -> None:
    assert operator.get(f"{CHANGELIST}add/").status_code == 403
    assert operator.post(f"{CHANGELIST}{active_model.pk}/delete/").status_code == 403


def test_tastes_and_hidden_films_are_shown_read_only(
    operator: Client, viewer: User, catalogue: list[Movie]
) -> None:
    services.hide_movie(user=viewer, movie_id=3)
    for name in ("tasteprofile", "hiddenmovie"):
        listed = operator.get(reverse(f"admin:recommender_{name}_changelist"))
        assert "viewer" in listed.content.decode()
        assert operator.get(f"/admin/recommender/{name}/add/").status_code == 403


def test_changelist_links_to_the_queues(operator: Client, active_model: ModelVersion) -> None:
    link = "/admin/recommender/modelversion/queues"
    assert link in operator.get(CHANGELIST).content.decode()
    response = operator.get(link, follow=True)
    assert response.redirect_chain[-1][0] == "/admin/queues/"
    assert response.status_code == 200


def test_list_takes_as_many_queries_for_many_versions(
    operator: Client, active_model: ModelVersion, django_assert_max_num_queries: object
) -> None:
    operator.get(CHANGELIST)
    for number in range(30):
        ModelVersion.objects.create(
            name="tiny",
            kind="finetuned",
            status="retired",
            base=active_model,
            artifact_prefix=f"models/{number}",
            sha256="",
        )
    with django_assert_max_num_queries(10):  # type: ignore[operator]
        operator.get(CHANGELIST)
