"""Where a member is logged in, and logging out from afar."""

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.adapters import UNKNOWN_IP
from accounts.models import User

# The first that is named in the browser's own description; later ones pose as earlier ones.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


class UnknownSessionError(Exception):
    """No session of this id is among this person's."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser that is logged in."""

    id: int
    device: str
    address: str
    since: datetime
    is_current: bool


def track_session(*, request: HttpRequest) -> None:
    """List the browser of a request among its person's, unless it is listed or not logged in."""
    session = request.session
    if session.get(SESSION_KEY) != str(request.user.pk):
        return
    if not UserSession.objects.filter(session_key=session.session_key or "").exists():
        UserSession.objects.create_from_request(request)


def get_open_sessions(*, user: User, current_key: str | None) -> list[OpenSession]:
    """Return where somebody is logged in, newest first; one query."""
    live = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    mine = UserSession.objects.filter(user=user, session_key__in=live)
    return [
        OpenSession(
            row.pk,
            describe_device(row.user_agent),
            row.ip if row.ip != UNKNOWN_IP else "",
            row.created_at,
            row.session_key == current_key,
        )
        for row in mine.order_by("-created_at", "-pk")
    ]


def describe_device(user_agent: str) -> str:
    """Return "Firefox on Linux" as far as a browser says so."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("An unknown device")


@transaction.atomic
def end_session(*, user: User, session_id: int) -> str:
    """Log one of a person's browsers out; return the key of its session.

    Raises:
        UnknownSessionError: They have no session of this id.
    """
    row = UserSession.objects.filter(user=user, pk=session_id).first()
    if row is None:
        raise UnknownSessionError(f"No session {session_id}.")
    Session.objects.filter(session_key=row.session_key).delete()
    row.delete()
    key: str = row.session_key
    return key


@transaction.atomic
def end_other_sessions(*, user: User, current_key: str | None) -> int:
    """Log a person out everywhere but here; return how many browsers that were."""
    others = UserSession.objects.filter(user=user).exclude(session_key=current_key or "")
    keys = list(others.values_list("session_key", flat=True))
    ended, _rows = Session.objects.filter(session_key__in=keys).delete()
    others.delete()
    return ended


def forget_ended_sessions() -> int:
    """Forget log-ins whose session is gone; return how many."""
    live = Session.objects.filter(session_key=OuterRef("session_key"))
    forgotten, _rows = UserSession.objects.filter(~Exists(live)).delete()
    return int(forgotten)
