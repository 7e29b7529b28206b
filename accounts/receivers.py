"""What happens to people when they log in."""

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from accounts.selectors import GUEST_SESSION_KEY, get_guest
from accounts.services import merge_guest
from accounts.sessions import end_other_sessions


@receiver(user_logged_in, dispatch_uid="accounts.merge_guest_of_session")
def merge_guest_of_session(*, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """Merge the session's guest into who just logged in: by log-in, or by sign-up that logs in."""
    session = getattr(request, "session", None)
    if session is None:
        return
    guest = get_guest(guest_id=session.pop(GUEST_SESSION_KEY, None))
    if guest is not None and user.is_member:
        merge_guest(guest=guest, user=user)
    request.viewer = user  # type: ignore[attr-defined]


@receiver(
    [password_changed, password_reset, password_set], dispatch_uid="accounts.end_other_sessions"
)
def end_sessions_of_old_password(*, request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """Log out the browsers that knew the old password, so that none is listed as if it could go on.

    Django ends their sessions by itself; this forgets them.
    """
    session = getattr(request, "session", None)
    end_other_sessions(user=user, current_key=session.session_key if session else None)
