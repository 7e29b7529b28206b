"""How the REST API knows who is calling."""

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.selectors import get_session_guest
from accounts.tokens import find_live_token, note_token_use

SCHEMES = ("bearer", "token")


class ApiTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer KEY`, or `Token KEY`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return the token's user and the token; None where the header is of another kind.

        Raises:
            AuthenticationFailed: The key is malformed, unknown or revoked, or its user is closed.
        """
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() not in SCHEMES:
            return None
        token = find_live_token(key=key.strip()) if key.strip().isascii() else None
        if token is None or not token.user.is_active:
            raise AuthenticationFailed("This API token is unknown or was revoked.")
        note_token_use(token=token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002
        """Return the challenge that makes a refusal a 401."""
        return 'Bearer realm="api"'


class ViewerSessionAuthentication(SessionAuthentication):
    """The browser session of a member or, failing that, of a guest; both need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """Return the session's user or guest; None where it has neither.

        Raises:
            PermissionDenied: The CSRF token of a writing request is missing or wrong.
        """
        member = super().authenticate(request)
        if member is not None:
            return member
        django_request: HttpRequest = request._request
        guest = get_session_guest(request=django_request)
        if guest is None:
            return None
        self.enforce_csrf(request)
        return guest, None
