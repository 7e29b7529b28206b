"""The page of one film, and the pieces of it that are asked for one by one."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import (
    PageRequest,
    confirm,
    get_next_url,
    get_request_viewer,
    read_number,
    with_writer,
)
from catalog.diary.forms import NoteForm
from catalog.diary.views import make_new_viewing_form
from catalog.facts import SERVICES_NOTICE, TMDB_NOTICE
from catalog.origins import read_origin
from catalog.selectors import get_stars, get_title
from catalog.services import UnknownMovieError
from recommender.feedback.noting import note_click
from recommender.film.plots import ForecastPlot, draw_forecast, draw_histogram
from recommender.film.selectors import get_film_page, get_why
from recommender.reason_muting import mute_reason, unmute_reason
from recommender.selectors import get_predicted_rating
from recommender.taste.selectors import count_ratings

CAST_SHOWN = 8


@require_safe
def movie(request: PageRequest, movie_id: int) -> HttpResponse:
    """Show a film: what it is, what people gave it, why it is for this person, films like it."""
    origin = read_origin(request.GET)
    context = _make_page(request, movie_id, origin=origin)
    note_click(user=get_request_viewer(request), movie_id=movie_id, origin=origin)
    return render(request, "recommender/movie.html", context)


@require_safe
def predicted(request: PageRequest, movie_id: int) -> HttpResponse:
    """Show the stars this person would give, which a film's page keeps back until it is asked."""
    if not request.htmx:
        context = _make_page(request, movie_id, origin="")
        why = context["why"]
        context |= _predict(
            request, movie_id, own=context["film"].stars, has_ratings=why and why.has_history
        )
        return render(request, "recommender/movie.html", context)
    if get_title(movie_id) is None:
        raise Http404
    context = {"movie_id": movie_id}
    if "hide" not in request.GET:
        viewer = get_request_viewer(request)
        stars = get_stars(user_id=viewer.pk, movie_ids=[movie_id]) if viewer else {}
        context |= _predict(request, movie_id, own=stars.get(movie_id))
    response = render(request, "recommender/_forecast.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _predict(
    request: PageRequest,
    movie_id: int,
    *,
    own: Decimal | None,
    has_ratings: bool | None = None,
) -> dict[str, Any]:
    """Return what the forecast's template shows beside the person's own stars; two queries.

    One more where it is neither known that they have rated films nor that they have not.
    """
    viewer = get_request_viewer(request)
    found = get_predicted_rating(user=viewer, movie_id=movie_id)
    forecast: ForecastPlot | None = None
    if found is not None:
        forecast = draw_forecast(found, mine=own)
    if has_ratings is None:
        has_ratings = own is not None or count_ratings(user=viewer) > 0
    return {"is_forecast_asked": True, "forecast": forecast, "has_ratings": has_ratings}


def _make_page(request: PageRequest, movie_id: int, *, origin: str) -> dict[str, Any]:
    page = get_film_page(viewer=get_request_viewer(request), movie_id=movie_id)
    if page is None:
        raise Http404
    cast = page.facts.cast
    return {
        "movie": page.movie,
        "movie_id": movie_id,
        "film": page.film,
        "facts": page.facts,
        "cast": cast[:CAST_SHOWN],
        "more_cast": cast[CAST_SHOWN:],
        # Little is told beside the text: one's own parts fill the wide column instead.
        "is_short": not (cast or page.facts.offers),
        "histogram": draw_histogram(page.movie.rating_histogram, mine=page.film.stars),
        "why": page.why,
        "origin": origin,
        "similar": page.similar,
        "is_hidden": page.own.is_hidden,
        "is_muted": page.own.is_muted,
        "entries": page.own.entries,
        "viewing_form": make_new_viewing_form(is_rewatch=bool(page.own.entries)),
        "note_form": NoteForm(initial={"text": page.own.note}),
        "tmdb_notice": TMDB_NOTICE,
        "tmdb_language": settings.TMDB_LANGUAGE,
        "services_notice": SERVICES_NOTICE,
    }


@require_POST
@with_writer
def mute(request: PageRequest, writer: User, movie_id: int) -> HttpResponse:
    """Never name a film as a reason to this person; what it explained is explained anew."""
    title = _get_title(movie_id)
    try:
        mute_reason(user=writer, movie_id=movie_id)
    except UnknownMovieError as error:
        raise Http404(str(error)) from error
    text = _("“%(title)s” is used as a reason no more.") % {"title": title}
    if request.htmx:
        return _render_muting(request, writer, movie_id, title, is_muted=True, said=text)
    confirm(request, text, undo=reverse("unmute_reason", args=[movie_id]))
    return HttpResponseRedirect(get_next_url(request, default=reverse("movie", args=[movie_id])))


@require_POST
@with_writer
def unmute(request: PageRequest, writer: User, movie_id: int) -> HttpResponse:
    """Let a film be named as a reason to this person again."""
    title = _get_title(movie_id)
    unmute_reason(user=writer, movie_id=movie_id)
    text = _("“%(title)s” may be a reason again.") % {"title": title}
    if request.htmx:
        return _render_muting(request, writer, movie_id, title, is_muted=False, said=text)
    confirm(request, text)
    return HttpResponseRedirect(get_next_url(request, default=reverse("movie", args=[movie_id])))


def _render_muting(
    request: PageRequest, writer: User, movie_id: int, title: str, *, is_muted: bool, said: str
) -> HttpResponse:
    """Answer with what the form stood in: the reasons of another film, or the film's own switch."""
    context: dict[str, Any] = {"title": title, "is_muted": is_muted, "said": said}
    explained_id = read_number(request.POST.get("explains", ""))
    if explained_id:
        why = get_why(viewer=writer, movie_id=explained_id)
        context |= {"why": why, "movie_id": explained_id, "changed_id": movie_id}
        return render(request, "recommender/_why.html", context)
    context |= {"movie_id": movie_id}
    return render(request, "recommender/_mute_switch.html", context)


def _get_title(movie_id: int) -> str:
    title = get_title(movie_id)
    if title is None:
        raise Http404
    return title
