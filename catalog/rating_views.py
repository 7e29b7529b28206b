"""The view that rating forms post to: with htmx a fragment comes back, else a redirect."""

from datetime import UTC
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.requests import PageRequest, confirm, get_next_url, refuse, with_writer
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
    """Save stars for a film, or take them back where none are sent.

    The address may say what to save, as that of an undo does.
    """
    home = reverse("movie", args=[movie_id])
    given = request.POST if "stars" in request.POST else request.GET
    form = RatingForm(given)
    if "stars" not in given or not form.is_valid():
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
        context["is_whole"] = request.htmx.target == f"rate-{movie_id}"
        return render(request, "catalog/_rating_saved.html", context)
    _say(request, movie_id, before, stars)
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


def _say(request: PageRequest, movie_id: int, before: Rating | None, stars: Decimal | None) -> None:
    """Say what was done on the page that follows, with an undo where something changed."""
    text = (
        _("Saved: %(stars)s.") % {"stars": format_stars(stars)} if stars else _("Rating removed.")
    )
    undo = ""
    if (before.stars if before else None) != stars:
        was = {"stars": ""} if before is None else _describe(before)
        undo = f"{reverse('rate_movie', args=[movie_id])}?{urlencode(was)}"
    confirm(request, text, undo=undo)


def _describe(rating: Rating) -> dict[str, str]:
    """Return a rating as a form would send it."""
    at = rating.watched_at.astimezone(UTC)
    return {
        "stars": f"{rating.stars:.1f}",
        "watched_at": f"{at:%Y-%m-%dT%H:%M:%S.%f}+0000",
        "is_place_only": "" if rating.is_date_known else "1",
    }


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
