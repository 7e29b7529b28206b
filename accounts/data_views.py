"""Pages of one's data: taking it along, and deleting the account with all of it."""

from http import HTTPStatus

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.archive import stream_zip
from accounts.deletion import delete_account
from accounts.forms import DeletionForm
from accounts.models import User
from accounts.personal_data import collect_files
from accounts.requests import PageRequest, get_request_viewer
from movieshow.limits import is_within_limit

# Each reads all that is known of a person, and holds a thread for as long as it is sent.
EXPORTS_AN_HOUR = 10


@require_safe
def export(request: PageRequest) -> HttpResponse:
    """Say what can be taken along."""
    return render(request, "accounts/export.html", {"viewer": get_request_viewer(request)})


@never_cache
@require_safe
def download(request: PageRequest) -> HttpResponse | StreamingHttpResponse:
    """Send all of one's data as a zip, made while it is sent."""
    viewer = get_request_viewer(request)
    if viewer is None:
        return HttpResponseRedirect(reverse("export"))
    if not is_within_limit(what="exports", who=str(viewer.pk), most=EXPORTS_AN_HOUR, seconds=3600):
        messages.error(request, _("That was often enough: come back in an hour."))
        status = HTTPStatus.TOO_MANY_REQUESTS
        return render(request, "accounts/export.html", {"viewer": viewer}, status=status)
    response = StreamingHttpResponse(
        stream_zip(collect_files(user=viewer)), content_type="application/zip"
    )
    name = f"movieshow-{timezone.now():%Y-%m-%d}.zip"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: PageRequest) -> HttpResponse:
    """Ask for the password, then delete the account, or the guest, with all that is theirs."""
    viewer = get_request_viewer(request)
    if viewer is None:
        return redirect("account")
    form = DeletionForm(request.POST or None, user=viewer)
    status = HTTPStatus.OK
    if request.method == "POST":
        if not _may_try(request, viewer):
            form.add_error(None, _("Too many tries: wait a minute."))
            status = HTTPStatus.TOO_MANY_REQUESTS
        elif form.is_valid():
            return _delete(request, viewer)
        else:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"viewer": viewer, "form": form}
    return render(request, "accounts/delete.html", context, status=status)


def _may_try(request: PageRequest, viewer: User) -> bool:
    """Return whether a password may be tried again, by allauth's limit for asking it anew."""
    return bool(ratelimit.consume(request, action="reauthenticate", user=viewer))


def _delete(request: PageRequest, viewer: User) -> HttpResponse:
    delete_account(user=viewer)
    logout(request)  # ends a guest's session too
    messages.success(request, _("All that was yours is deleted."))
    return redirect("home")
