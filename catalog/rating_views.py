"""The view that rating forms post to: with htmx a fragment comes back, else a redirect."""

from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.requests import PageRequest, get_next_url, refuse, with_writer
from catalog.forms import RatingForm
from catalog.models import Movie, Rating
from catalog.origins import read_origin
from catalog.services import (
    InvalidWatchedAtError,
    UnknownMovieError,
    remove_rating,
    set_rating,
)
from catalog.templatetags.movies import format_stars


@require_POST
@with_writer
def rate_movie(request: PageRequest, writer: User, movie_id: int) -> HttpResponse:
    """Save stars for a film, or take them back when none are sent."""
    home = reverse("movie", args=[movie_id])
    form = RatingForm(request.POST)
    if not form.is_valid():
        text = _("Stars go from half a star to five, in halves.")
        return refuse(request, text, status=HTTPStatus.BAD_REQUEST, default=home)
    before = Rating.objects.filter(user=writer, movie_id=movie_id).first()
    asked = form.cleaned_data
    try:
        stars = _save(writer, movie_id, asked, read_origin(request.GET))
    except UnknownMovieError as error:
        raise Http404(str(error)) from error
    except InvalidWatchedAtError as error:
        return refuse(request, str(error), status=HTTPStatus.BAD_REQUEST, default=home)
    if request.htmx:
        context = _make_context(writer, movie_id, before, stars, is_counted=asked["counter"])
        context |= {"size": asked["size"], "origin": read_origin(request.GET)}
        is_whole = request.htmx.target == f"rate-{movie_id}"
        name = "catalog/_rating.html" if is_whole else "catalog/_rating_saved.html"
        return render(request, name, context)
    _say(request, stars)
    return HttpResponseRedirect(get_next_url(request, default=home))


def _save(writer: User, movie_id: int, asked: dict[str, Any], origin: str) -> Decimal | None:
    if asked["stars"]:
        rating = set_rating(
            user=writer,
            movie_id=movie_id,
            stars=asked["stars"],
            watched_at=asked["watched_at"],
            is_date_known=not asked["is_place_only"],
            origin=origin,
        )
        return rating.stars
    remove_rating(user=writer, movie_id=movie_id)
    return None


def _say(request: PageRequest, stars: Decimal | None) -> None:
    messages.success(
        request,
        _("Saved: %(stars)s.") % {"stars": format_stars(stars)} if stars else _("Rating removed."),
    )


def _make_context(
    writer: User,
    movie_id: int,
    before: Rating | None,
    stars: Decimal | None,
    *,
    is_counted: bool,
) -> dict[str, Any]:
    """Return what the fragments show: the stars, what undo would bring back, and the count."""
    movie = Movie.objects.only("pk", "title").filter(pk=movie_id).first()
    if movie is None:
        raise Http404
    return {
        "movie_id": movie_id,
        "title": movie.title,
        "stars": stars,
        "before": before,
        "is_changed": (before.stars if before else None) != stars,
        "is_fresh": True,
        "counter": is_counted,
        "rating_count": Rating.objects.filter(user=writer).count() if is_counted else None,
    }
