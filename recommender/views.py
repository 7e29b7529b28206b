"""Hiding films, from wherever they are shown."""

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.requests import PageRequest, confirm, get_next_url, with_writer
from catalog.origins import read_origin
from catalog.selectors import MovieCard, get_movie_cards
from catalog.services import UnknownMovieError
from catalog.shelves import make_shelf
from recommender.services import hide_movie, unhide_movie


@require_POST
@with_writer
def hide(request: PageRequest, writer: User, movie_id: int) -> HttpResponse:
    """Never show a film to this person again; with htmx its card turns into an undo."""
    origin = read_origin(request.GET)
    try:
        hide_movie(user=writer, movie_id=movie_id, origin=origin)
    except UnknownMovieError as error:
        raise Http404(str(error)) from error
    card = _get_card(movie_id)
    if request.htmx:
        style = request.POST.get("style", "")
        context = {"card": card, "style": style, "origin": origin}
        return render(request, "recommender/_hidden.html", context)
    text = _("“%(title)s” will not be shown to you again.") % {"title": card.title}
    confirm(request, text, undo=reverse("unhide_movie", args=[movie_id]))
    return HttpResponseRedirect(get_next_url(request, default=reverse("home")))


@require_POST
@with_writer
def unhide(request: PageRequest, writer: User, movie_id: int) -> HttpResponse:
    """Let a film be shown to this person again."""
    unhide_movie(user=writer, movie_id=movie_id)
    card = _get_card(movie_id)
    if request.htmx:
        context = {
            "film": make_shelf([card], viewer=writer)[0],
            "style": request.POST.get("style"),
            "origin": read_origin(request.GET),
        }
        return render(request, "recommender/_unhidden.html", context)
    confirm(request, _("“%(title)s” may be shown again.") % {"title": card.title})
    return HttpResponseRedirect(get_next_url(request, default=reverse("taste")))


def _get_card(movie_id: int) -> MovieCard:
    cards = get_movie_cards([movie_id])
    if not cards:
        raise Http404
    return cards[0]
