"""Pages of movie nights: one's own, an invitation, and the night with what changes on it."""

from http import HTTPStatus

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.requests import PageRequest, get_request_viewer, read_number, with_writer
from catalog.selectors import MovieCard, search_movies
from movieshow.client_address import get_client_address
from movieshow.limits import is_within_limit
from recommender.night import services
from recommender.night.access import NightRefusedError, UnknownInvitationError
from recommender.night.actions import go_to_night
from recommender.night.forms import JoinForm, NightForm, RuleForm
from recommender.night.models import MAX_MEMBERS, MovieNight
from recommender.night.selectors import (
    Invitation,
    NightView,
    get_invitation,
    get_members,
    get_night_view,
    get_nights,
    get_seat,
)
from recommender.night.suggesting import leaves_out_unrated
from recommender.night.voting import FILMS_PER_VOTE, MIN_FILMS
from recommender.ranking import FULL_HISTORY
from recommender.taste.selectors import count_ratings

# One address (an office, a shared flat) may start or join so many nights an hour.
ENTRIES_PER_ADDRESS = 60
ENTRY_WINDOW_SECONDS = 3600
FILMS_FOUND = 6


def _may_enter(request: PageRequest) -> bool:
    return is_within_limit(
        what="night-entries",
        who=get_client_address(request=request),
        most=ENTRIES_PER_ADDRESS,
        seconds=ENTRY_WINDOW_SECONDS,
    )


def _suggest_name(viewer: User | None) -> str:
    return viewer.get_username()[:30] if viewer is not None and viewer.is_member else ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def nights(request: PageRequest) -> HttpResponse:
    """Show the nights one is in and a form for a new one; a POST opens it."""
    if request.method == "POST":
        response: HttpResponse = _create(request)
        return response
    name = _suggest_name(get_request_viewer(request))
    return _render_nights(request, NightForm(initial={"name": name}))


def _render_nights(
    request: PageRequest, form: NightForm, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    entries = get_nights(user=get_request_viewer(request))
    context = {"form": form, "entries": entries, "most": MAX_MEMBERS}
    return render(request, "recommender/nights.html", context, status=status)


@with_writer
def _create(request: PageRequest, writer: User) -> HttpResponse:
    form = NightForm(request.POST)
    if not form.is_valid():
        return _render_nights(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if not _may_enter(request):
        form.add_error(None, _("Too many movie nights from your network: wait an hour."))
        return _render_nights(request, form, status=HTTPStatus.TOO_MANY_REQUESTS)
    try:
        night = services.create_night(host=writer, **form.cleaned_data)
    except NightRefusedError as error:
        form.add_error(None, str(error))
        return _render_nights(request, form, status=HTTPStatus.CONFLICT)
    return go_to_night(night.pk)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: PageRequest, slug: str) -> HttpResponse:
    """Say what joining shows the others, and ask for a name; a POST joins."""
    invitation = get_invitation(slug)
    if invitation is None:
        return _refuse_link(request)
    viewer = get_request_viewer(request)
    if get_seat(user=viewer, night_id=invitation.night.pk) is not None:
        return go_to_night(invitation.night.pk)
    if request.method == "POST":
        response: HttpResponse = _join(request, invitation, slug)
        return response
    return _render_join(request, invitation, JoinForm(initial={"name": _suggest_name(viewer)}))


def _refuse_link(request: PageRequest) -> HttpResponse:
    return _keep_secret(render(request, "recommender/night_closed.html", status=404))


def _render_join(
    request: PageRequest,
    invitation: Invitation,
    form: JoinForm,
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    viewer = get_request_viewer(request)
    context = {"invitation": invitation, "form": form, "viewer": viewer, "most": MAX_MEMBERS}
    page = render(request, "recommender/night_join.html", context, status=status)
    return _keep_secret(page)


def _keep_secret(page: HttpResponse) -> HttpResponse:
    """Keep the link out of search engines; other sites are told of no page of ours anyway.

    With no referrer at all browsers send forms with `Origin: null`, which Django refuses.
    """
    page["X-Robots-Tag"] = "noindex"
    return page


@with_writer
def _join(request: PageRequest, writer: User, invitation: Invitation, slug: str) -> HttpResponse:
    form = JoinForm(request.POST)
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _render_join(request, invitation, form, status=status)
    if not _may_enter(request):
        form.add_error(None, _("Too many people join from your network: wait an hour."))
        return _render_join(request, invitation, form, status=HTTPStatus.TOO_MANY_REQUESTS)
    try:
        night = services.join_night(user=writer, slug=slug, name=form.cleaned_data["name"])
    except UnknownInvitationError:
        return _refuse_link(request)
    except NightRefusedError as error:
        form.add_error("name", str(error))
        now = get_invitation(slug) or invitation
        return _render_join(request, now, form, status=HTTPStatus.CONFLICT)
    return go_to_night(night.pk)


@never_cache
@require_safe
def night(request: PageRequest, night_id: int) -> HttpResponse:
    """Show a night to somebody who is in it: who else is, the films, the vote or the winner."""
    viewer = get_request_viewer(request)
    seat = get_seat(user=viewer, night_id=night_id)
    if seat is None:
        raise Http404
    shown = get_night_view(seat)
    query = request.GET.get("q", "").strip()[:100]
    is_gathering = shown.night.status == MovieNight.Status.GATHERING and not shown.night.is_over
    context = {
        **_make_context(request, shown),
        "rule_form": RuleForm(
            initial={"rule": shown.night.rule, "allows_seen": shown.night.allows_seen}
        ),
        "query": query,
        "found": _find_films(shown, query) if is_gathering else [],
        "most_films": FILMS_PER_VOTE,
        "has_films_enough": len(shown.films) >= MIN_FILMS,
        "rating_count": count_ratings(user=viewer) if is_gathering else FULL_HISTORY,
        "ratings_wanted": FULL_HISTORY,
        "leaves_out_unrated": _leaves_out_unrated(shown.night),
    }
    return render(request, "recommender/night.html", context)


def _leaves_out_unrated(night: MovieNight) -> bool:
    """Whether films were left out of the vote for want of ratings; the host may pick any."""
    is_suggested = night.rule != MovieNight.Rule.HOST_PICKS
    return is_suggested and night.status == MovieNight.Status.VOTING and leaves_out_unrated()


def _make_context(request: PageRequest, shown: NightView) -> dict[str, object]:
    slug = shown.night.invite_slug
    link = request.build_absolute_uri(reverse("night_join", args=[slug])) if slug else ""
    return {
        "shown": shown,
        "night": shown.night,
        "me": shown.me,
        "members": shown.members,
        "link": link,
        "most": MAX_MEMBERS,
    }


def _find_films(shown: NightView, query: str) -> list[MovieCard]:
    """Return films for the host to pick that are not on the list yet."""
    if not (query and shown.me.is_host and shown.night.rule == MovieNight.Rule.HOST_PICKS):
        return []
    listed = {film.card.id for film in shown.films}
    return [card for card in search_movies(query, limit=FILMS_FOUND) if card.id not in listed]


@never_cache
@require_safe
def state(request: PageRequest, night_id: int) -> HttpResponse:
    """Answer a page that asks again and again: nothing where it shows what is so.

    It names the `version` it shows, and the `stage`. One query of our own says that nothing is new
    (204, which htmx leaves be). Otherwise it gets the list of people anew, which holds no ballot
    that somebody may be filling in; where the stage is another it is to load itself again, as is a
    page without any form to fill in: that of a guest while the host still chooses rule and films.
    """
    seat = get_seat(user=get_request_viewer(request), night_id=night_id)
    if seat is None:  # removed, or called off: the list of one's nights says what there is
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("nights")})
    if request.GET.get("stage") != seat.night.stage:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    if read_number(request.GET.get("version", "")) == seat.night.version:
        return HttpResponse(status=204)
    if seat.night.status == MovieNight.Status.GATHERING and not seat.is_host:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    shown = NightView(seat.night, seat, get_members(seat.night), [])
    return render(request, "recommender/_night_people.html", _make_context(request, shown))
