import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from accounts.models import User
from accounts.selectors import GUEST_SESSION_KEY
from catalog.models import Rating
from catalog.services import set_rating
from tests.catalog.factories import PASSWORD, make_member, make_movie

pytestmark = pytest.mark.django_db
SIGN_UP = "/account/signup/"
LOG_IN = "/account/login/"


@pytest.fixture
def rated(guest: User) -> int:
    make_movie(1)
    set_rating(user=guest, movie_id=1, stars=4.5)
    return guest.pk


def sign_up(client: Client, username: str) -> None:
    form = {"username": username, "email": "", "password1": PASSWORD}
    response = client.post(SIGN_UP, form)
    assert response.status_code == 302, response.content[:2000]


def test_sign_up_keeps_what_the_guest_rated(as_guest: Client, rated: int) -> None:
    sign_up(as_guest, "grace")
    grace = User.objects.get(username="grace")
    assert Rating.objects.get().user == grace
    assert grace.is_member
    assert not User.objects.filter(pk=rated).exists()
    assert GUEST_SESSION_KEY not in as_guest.session


def test_log_in_merges_the_guest_into_the_account(as_guest: Client, rated: int) -> None:
    member = make_member("grace")
    response = as_guest.post(LOG_IN, {"login": "grace", "password": PASSWORD})
    assert response.status_code == 302
    assert Rating.objects.get().user == member
    assert not User.objects.filter(pk=rated).exists()


def test_log_in_by_email_works_too(client: Client) -> None:
    make_member("grace")
    form = {"login": "grace@example.org", "password": PASSWORD}
    assert client.post(LOG_IN, form).status_code == 302
    assert client.session["_auth_user_id"]


@pytest.mark.parametrize(
    "login", ["grace", "GRACE", "grace@example.org", "nobody", "nobody@example.org"]
)
def test_refusal_takes_one_hash_whether_or_not_there_is_an_account(
    client: Client, monkeypatch: pytest.MonkeyPatch, login: str
) -> None:
    make_member("grace")
    hashed = []
    encode = MD5PasswordHasher.encode

    def count(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", count)
    client.post(LOG_IN, {"login": login, "password": "wrong"})
    assert hashed == ["wrong"]


def test_name_is_told_from_the_same_in_capitals(client: Client) -> None:
    make_member("grace")
    other = User.objects.create_user("Grace", password="another one")
    client.post(LOG_IN, {"login": "Grace", "password": "another one"})
    assert client.session["_auth_user_id"] == str(other.pk)


def test_name_that_is_the_address_of_somebody_else_opens_its_own_account(client: Client) -> None:
    make_member("grace")
    other = User.objects.create_user("grace@example.org", password="another one")
    client.post(LOG_IN, {"login": other.username, "password": "another one"})
    assert client.session["_auth_user_id"] == str(other.pk)


def test_failed_log_in_leaves_the_guest(as_guest: Client, rated: int) -> None:
    make_member("grace")
    as_guest.post(LOG_IN, {"login": "grace", "password": "wrong"})
    assert Rating.objects.get().user_id == rated
    assert as_guest.session[GUEST_SESSION_KEY] == rated


@pytest.mark.parametrize("username", ["guest:1", "ml-1m:7"])
def test_names_of_guests_and_imported_people_cannot_be_taken(client: Client, username: str) -> None:
    form = {"username": username, "email": "", "password1": PASSWORD}
    assert client.post(SIGN_UP, form).status_code == 200
    assert not User.objects.filter(username=username).exists()


def test_imported_people_cannot_log_in(client: Client) -> None:
    person = User.objects.create(username="ml:1", dataset="ml", dataset_user_id=1, is_active=False)
    person.set_password(PASSWORD)
    person.save()
    client.post(LOG_IN, {"login": "ml:1", "password": PASSWORD})
    assert "_auth_user_id" not in client.session
