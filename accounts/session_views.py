"""Logging out from afar."""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import PageRequest
from accounts.sessions import UnknownSessionError, end_other_sessions, end_session


def _to_sessions() -> HttpResponse:
    return HttpResponseRedirect(reverse("account") + "#sessions")


@require_safe
def sessions(request: PageRequest) -> HttpResponse:  # noqa: ARG001 - the signature of a view
    """Lead to the sessions on the account page, which stand in for allauth's own list."""
    return _to_sessions()


@login_required
@require_POST
def end_one(request: PageRequest, session_id: int) -> HttpResponse:
    """Log one of one's browsers out."""
    assert isinstance(request.user, User)  # noqa: S101 - login_required has seen to it
    try:
        key = end_session(user=request.user, session_id=session_id)
    except UnknownSessionError:
        messages.error(request, _("That browser is logged out already."))
        return _to_sessions()
    if key == request.session.session_key:
        logout(request)
        return HttpResponseRedirect(reverse("home"))
    messages.success(request, _("Logged out there."))
    return _to_sessions()


@login_required
@require_POST
def end_others(request: PageRequest) -> HttpResponse:
    """Log oneself out everywhere but here."""
    assert isinstance(request.user, User)  # noqa: S101 - login_required has seen to it
    count = end_other_sessions(user=request.user, current_key=request.session.session_key)
    text = ngettext(
        "Logged out of %(count)s other browser.", "Logged out of %(count)s other browsers.", count
    )
    messages.success(request, text % {"count": count})
    return _to_sessions()
