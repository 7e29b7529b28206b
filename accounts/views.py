"""Pages of one's own account; log-in and sign-up are allauth's, in our templates."""

from http import HTTPStatus
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from accounts.consent import set_training_consent
from accounts.forms import TokenForm
from accounts.models import User
from accounts.requests import PageRequest, get_request_viewer, with_writer
from accounts.selectors import get_active_tokens
from accounts.services import (
    ApiTokenRefusedError,
    UnknownApiTokenError,
    create_api_token,
    revoke_api_token,
)
from accounts.sessions import get_open_sessions


def _render_account(
    request: PageRequest,
    *,
    form: TokenForm | None = None,
    new_key: str = "",
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    viewer = get_request_viewer(request)
    is_member = viewer is not None and viewer.is_member
    context: dict[str, Any] = {
        "viewer": viewer,
        "form": form or TokenForm(),
        "new_key": new_key,
    }
    if viewer is not None and is_member:
        context |= {
            "tokens": list(get_active_tokens(user=viewer)),
            "sessions": get_open_sessions(user=viewer, current_key=request.session.session_key),
            "has_second_factor": is_mfa_enabled(viewer),
        }
    return render(request, "accounts/account.html", context, status=status)


@require_safe
def account(request: PageRequest) -> HttpResponse:
    """Show who one is here, how one gets in, what may be done with one's data, the API tokens."""
    return _render_account(request)


@require_POST
@with_writer
def save_consent(request: PageRequest, writer: User) -> HttpResponse:
    """Keep whether one's ratings may train models."""
    allows = request.POST.get("allows_training") == "on"
    set_training_consent(user=writer, allows_training=allows)
    messages.success(
        request,
        _("Thank you: your ratings help train the model.")
        if allows
        else _("Saved: your ratings will not be used for training."),
    )
    return HttpResponseRedirect(reverse("account"))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
def create_token(request: PageRequest) -> HttpResponse:
    """Make an API token and show its key, this once, to who gave the password of late.

    Whoever comes back from giving it without what they were about lands at the form.
    """
    if request.method != "POST":
        return HttpResponseRedirect(reverse("account") + "#tokens")
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _render_account(request, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    assert isinstance(request.user, User)  # noqa: S101 - login_required has seen to it
    try:
        _token, key = create_api_token(user=request.user, name=form.cleaned_data["name"])
    except ApiTokenRefusedError as error:
        form.add_error("name", str(error))
        return _render_account(request, form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _render_account(request, new_key=key)


@login_required
@require_POST
def revoke_token(request: PageRequest, token_id: int) -> HttpResponse:
    """Close one of one's own API tokens."""
    assert isinstance(request.user, User)  # noqa: S101 - login_required has seen to it
    try:
        revoke_api_token(user=request.user, token_id=token_id)
    except UnknownApiTokenError:
        messages.error(request, _("That token does not exist any more."))
    else:
        messages.success(request, _("Token revoked: apps that use it can no longer get in."))
    return HttpResponseRedirect(reverse("account"))
