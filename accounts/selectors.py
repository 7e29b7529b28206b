"""Reads of people: who is looking, and the tokens they made."""

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import ApiToken, User

GUEST_SESSION_KEY = "guest_user_id"


def get_guest(*, guest_id: object) -> User | None:
    """Return the guest of this id, or None: there is none, they expired, or staff closed them."""
    if not isinstance(guest_id, int):
        return None
    open_guests = User.objects.filter(is_guest=True, is_active=True, expires_at__gt=timezone.now())
    return open_guests.filter(pk=guest_id).first()


def get_session_guest(*, request: HttpRequest) -> User | None:
    """Return the guest this browser session belongs to; no query where the session has none."""
    session = getattr(request, "session", None)
    return None if session is None else get_guest(guest_id=session.get(GUEST_SESSION_KEY))


def get_viewer(*, request: HttpRequest) -> User | None:
    """Return the logged-in user, else the guest of the session, else None."""
    user = getattr(request, "user", None)
    if isinstance(user, User) and user.is_authenticated:
        return user
    return get_session_guest(request=request)


def get_active_tokens(*, user: User) -> QuerySet[ApiToken]:
    """Return the tokens of `user` that still open the API, newest first."""
    return ApiToken.objects.filter(user=user, revoked_at__isnull=True).order_by(
        "-created_at", "-pk"
    )
