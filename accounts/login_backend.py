"""Logging in by name or address, with one look at the password whoever is asked about."""

from collections.abc import Iterator

from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.userkit import filter_users_by_email, filter_users_by_username
from django.http import HttpRequest

from accounts.models import User


class LoginBackend(AuthenticationBackend):  # type: ignore[misc]
    """Finds who is meant, then checks the password once, or hashes it in vain where nobody is.

    allauth looks an address up as a name and as an address, and Django's own backend once more, so
    that the time of a refusal would tell whether the address has an account. It knows Django's
    permissions as well.
    """

    def _authenticate(self, request: HttpRequest | None, **credentials: str) -> User | None:  # noqa: ARG002
        password = credentials["password"]
        people: dict[int, User] = {}
        for login in {credentials.get("email"), credentials.get("username")} - {None, ""}:
            people |= {person.pk: person for person in _find_people(str(login))}
        return next(
            (each for each in people.values() if self._check_password(each, password)), None
        )


def _find_people(login: str) -> Iterator[User]:
    """Yield whose address or name this is: hardly ever more than one."""
    yield from filter_users_by_email(login, prefer_verified=True, for_login=True)
    named = [person for person in filter_users_by_username(login) if isinstance(person, User)]
    exact = [person for person in named if person.username == login]
    # Names differ by more than their case, but for those that staff gave out.
    yield from exact or (named if len(named) == 1 else [])
