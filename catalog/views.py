"""Pages of the catalogue: search, browse, one's ratings and watchlist, and the drawn posters."""

from functools import lru_cache
from itertools import chain
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import (
    PageRequest,
    get_next_url,
    get_request_viewer,
    read_number,
    with_writer,
)
from catalog.browse_words import describe_filters
from catalog.browsing import ONLY, BrowseForm, filter_movies, may_leave_out, name_unknown
from catalog.origins import read_origin
from catalog.pagination import NearbyPaginator
from catalog.posters import compute_poster_key, draw_poster
from catalog.search import MAX_RESULTS, find_matches
from catalog.selectors import (
    get_movie_cards,
    get_popular_movies,
)
from catalog.services import UnknownMovieError, add_to_watchlist, remove_from_watchlist
from catalog.shelves import make_shelf

FILMS_PER_PAGE = 36
SUGGESTIONS = 12
YEAR_SECONDS = 31_536_000


@require_safe
def search(request: PageRequest) -> HttpResponse:
    """Search films by title; asked by htmx as one types, only the results are sent.

    Films that are called so come first and in pages; the few that are called nearly so, last.
    """
    query = request.GET.get("q", "").strip()
    found = find_matches(query)
    page = Paginator(found.close, FILMS_PER_PAGE).get_page(request.GET.get("page"))
    close = list(page.object_list)
    loose = [] if page.has_next() else list(found.loose)
    shelf = make_shelf(get_movie_cards([*close, *loose]), viewer=get_request_viewer(request))
    suggestions = [] if shelf else get_popular_movies(limit=SUGGESTIONS)
    context = {
        "query": query,
        "is_capped": len(found.close) >= MAX_RESULTS,
        "films": [film for film in shelf if film.card.id in set(close)],
        "loose": [film for film in shelf if film.card.id in set(loose)],
        "suggestions": make_shelf(suggestions, viewer=get_request_viewer(request)),
        "page": page,
    }
    is_fragment = request.htmx and request.htmx.target == "results"
    name = "catalog/_search_results.html" if is_fragment else "catalog/search.html"
    response = render(request, name, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def browse(request: PageRequest) -> HttpResponse:
    """List films by words of the title, genre, year, length and more, a page at a time."""
    asked = [(name, text) for name, texts in request.GET.lists() for text in texts]
    telling = _drop_empty(asked)
    if telling != asked:
        # The address that is shared is without what a form left as it was.
        query = f"?{urlencode(telling)}" if telling else ""
        return HttpResponseRedirect(request.path + query)
    viewer = get_request_viewer(request)
    form = BrowseForm(request.GET)
    found = [movies.values_list("pk", flat=True) for movies in filter_movies(form, viewer=viewer)]
    asked_page = request.GET.get("page", "")
    pages: Paginator[int] = NearbyPaginator(found, FILMS_PER_PAGE, asked=read_number(asked_page))
    if form.cleaned_data.get("q"):
        # Few films have a title: to count them apart would cost more than to fetch their ids.
        pages = Paginator(list(chain(*found)), FILMS_PER_PAGE)
    page = pages.get_page(asked_page)
    cards = get_movie_cards(list(page.object_list))
    notes = {card.id: missing for card in cards if (missing := name_unknown(form, card))}
    unknown_alone = [*(pair for pair in telling if pair[0] != "page"), ("unknown", ONLY)]
    context = {
        "form": form,
        "heading": describe_filters(form),
        "main": [form[name] for name in BrowseForm.MAIN],
        "more": [form[name] for name in BrowseForm.MORE],
        "genre_fields": [form[name] for name in BrowseForm.GENRES],
        "page": page,
        "films": make_shelf(cards, viewer=viewer, reasons=notes),
        "has_unknown": bool(notes),
        "may_leave_out": may_leave_out(form),
        "unknown_alone": urlencode(unknown_alone),
    }
    return render(request, "catalog/browse.html", context)


def _drop_empty(asked: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what is asked without what is empty, and without the order that is usual anyway."""
    has_words = any(name == "q" and text for name, text in asked)
    usual = None if has_words else ("sort", "popular")
    return [pair for pair in asked if pair[1] and pair != usual]


@require_POST
@with_writer
def save_watchlist(request: PageRequest, writer: User, movie_id: int) -> HttpResponse:
    """Put a film on the watchlist or take it off, as the form's `on` says."""
    is_wanted = request.POST.get("on") == "1"
    origin = read_origin(request.GET)
    if is_wanted:
        try:
            add_to_watchlist(user=writer, movie_id=movie_id, origin=origin)
        except UnknownMovieError as error:
            raise Http404(str(error)) from error
    else:
        remove_from_watchlist(user=writer, movie_id=movie_id)
    if request.htmx:
        cards = get_movie_cards([movie_id])
        if not cards:
            raise Http404
        context = {
            "film": make_shelf(cards, viewer=writer)[0],
            "style": request.POST.get("style"),
            "origin": origin,
        }
        return render(request, "catalog/_watch_button.html", context)
    messages.success(
        request, _("Added to your watchlist.") if is_wanted else _("Taken off your watchlist.")
    )
    return HttpResponseRedirect(get_next_url(request, default=reverse("movie", args=[movie_id])))


class _OtherKeyError(Exception):
    """The address is of an earlier drawing; carries the present key."""


@lru_cache(maxsize=1024)
def _draw(movie_id: int, key: str) -> str:
    """Return the poster of a film as SVG, kept as long as its key is right."""
    cards = get_movie_cards([movie_id])
    if not cards:
        raise Http404
    card = cards[0]
    present = compute_poster_key(title=card.title, year=card.year, genres=card.genres)
    if present != key:
        raise _OtherKeyError(present)
    return draw_poster(movie_id=card.id, title=card.title, year=card.year, genres=card.genres)


@require_safe
def poster(request: PageRequest, movie_id: int, key: str) -> HttpResponse:  # noqa: ARG001
    """Draw a film's poster; the address changes with the drawing, so it may be kept for ever."""
    try:
        drawing = _draw(movie_id, key)
    except _OtherKeyError as error:
        return HttpResponseRedirect(reverse("poster", args=[movie_id, str(error)]))
    response = HttpResponse(drawing, content_type="image/svg+xml")
    patch_cache_control(response, public=True, max_age=YEAR_SECONDS, immutable=True)
    return response
