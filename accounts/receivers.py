"""What happens to people when they log in."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from accounts.models import User
from accounts.selectors import GUEST_SESSION_KEY, get_guest
from accounts.services import merge_guest


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
