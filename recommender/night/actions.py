"""What the views of movie nights that change something share: who acts, and how refusals look."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.requests import PageRequest, get_request_viewer, refuse
from accounts.services import ensure_viewer
from movieshow.limits import is_within_limit
from recommender.night.access import NightRefusedError, NotHostError, UnknownNightError

# Far more than a night takes; a vote that begins costs the work of several home pages.
ACTIONS_PER_PERSON = 120
ACTION_WINDOW_SECONDS = 600
P = ParamSpec("P")


def go_to_night(night_id: int) -> HttpResponseRedirect:
    """Lead back to the night's page."""
    return HttpResponseRedirect(reverse("night", args=[night_id]))


def night_action(
    view: Callable[Concatenate[PageRequest, User, int, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """Make a POST of somebody already known: strangers find no night, and no guest is made.

    Refusals lead back to the night with a message that says why.
    """

    @never_cache
    @require_POST
    @wraps(view)
    def wrapped(
        request: PageRequest, /, night_id: int, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        if get_request_viewer(request) is None:
            raise Http404
        actor = ensure_viewer(request=request)
        home = reverse("night", args=[night_id])
        if not is_within_limit(
            what="night-actions",
            who=str(actor.pk),
            most=ACTIONS_PER_PERSON,
            seconds=ACTION_WINDOW_SECONDS,
        ):
            text = _("Too much at once: wait a few minutes.")
            return refuse(request, text, status=HTTPStatus.TOO_MANY_REQUESTS, default=home)
        try:
            return view(request, actor, night_id, *args, **kwargs)
        except UnknownNightError as error:
            raise Http404 from error
        except NotHostError as error:
            raise PermissionDenied from error
        except NightRefusedError as error:
            return refuse(request, str(error), status=HTTPStatus.CONFLICT, default=home)

    return wrapped
