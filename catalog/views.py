"""Pages of the catalogue: search, browse, one's ratings and watchlist, and the drawn posters."""

from functools import lru_cache
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import PageRequest, get_next_url, get_request_viewer, with_writer
from catalog.forms import BrowseForm
from catalog.models import Movie
from catalog.origins import read_origin
from catalog.posters import compute_poster_key, draw_poster
from catalog.selectors import (
    get_movie_cards,
    get_popular_movies,
    get_ratings,
    get_watchlist,
    search_movies,
)
from catalog.services import UnknownMovieError, add_to_watchlist, remove_from_watchlist
from catalog.shelves import make_card, make_shelf

FILMS_PER_PAGE = 36
RATINGS_PER_PAGE = 30
SEARCH_RESULTS = 36
YEAR_SECONDS = 31_536_000
# A mean of a few ratings says little: below this many a film is not among the best.
MIN_RATINGS_FOR_BEST = 20


@require_safe
def search(request: PageRequest) -> HttpResponse:
    """Search films by title; asked by htmx as one types, only the results are sent."""
    query = request.GET.get("q", "").strip()
    viewer = get_request_viewer(request)
    cards = search_movies(query, limit=SEARCH_RESULTS) if query else []
    suggestions = [] if cards else get_popular_movies(limit=12)
    context = {
        "query": query,
        "films": make_shelf(cards, viewer=viewer),
        "suggestions": make_shelf(suggestions, viewer=viewer),
    }
    is_fragment = request.htmx and request.htmx.target == "results"
    name = "catalog/_search_results.html" if is_fragment else "catalog/search.html"
    response = render(request, name, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def browse(request: PageRequest) -> HttpResponse:
    """List films by genre, decade and order, a page at a time."""
    form = BrowseForm(request.GET)
    ids = _filter_movies(form).values_list("pk", flat=True)
    page = Paginator(ids, FILMS_PER_PAGE).get_page(request.GET.get("page"))
    cards = get_movie_cards(list(page.object_list))
    context = {
        "form": form,
        "page": page,
        "page_numbers": _get_page_numbers(page),
        "films": make_shelf(cards, viewer=get_request_viewer(request)),
    }
    return render(request, "catalog/browse.html", context)


def _filter_movies(form: BrowseForm) -> QuerySet[Movie]:
    """Return the movies asked for; what is not a valid question is left out of it."""
    form.is_valid()
    asked = form.cleaned_data
    movies = Movie.objects.all()
    if asked.get("genre"):
        movies = movies.filter(genres=asked["genre"])
    if asked.get("decade") is not None:
        movies = movies.filter(year__range=(asked["decade"], asked["decade"] + 9))
    sort = asked.get("sort") or "popular"
    if sort == "best":
        movies = movies.filter(rating_count__gte=MIN_RATINGS_FOR_BEST)
    if sort in ("newest", "oldest"):
        movies = movies.filter(~Q(year=None))
    return movies.order_by(*BrowseForm.SORTS[sort])


def _get_page_numbers(page: Page[Any]) -> list[int | str]:
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))


@require_safe
def ratings(request: PageRequest) -> HttpResponse:
    """List the films one has rated, last watched first."""
    viewer = get_request_viewer(request)
    rated = get_ratings(viewer.pk if viewer else 0)
    page = Paginator(rated, RATINGS_PER_PAGE).get_page(request.GET.get("page"))
    entries = [(make_card(rating.movie), rating) for rating in page.object_list]
    context = {"entries": entries, "page": page, "page_numbers": _get_page_numbers(page)}
    return render(request, "catalog/ratings.html", context)


@require_safe
def watchlist(request: PageRequest) -> HttpResponse:
    """List the films one means to watch, newest first."""
    viewer = get_request_viewer(request)
    entries = get_watchlist(viewer.pk if viewer else 0)
    page = Paginator(entries, FILMS_PER_PAGE).get_page(request.GET.get("page"))
    cards = [make_card(entry.movie) for entry in page.object_list]
    context = {
        "films": make_shelf(cards, viewer=viewer),
        "page": page,
        "page_numbers": _get_page_numbers(page),
    }
    return render(request, "catalog/watchlist.html", context)


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
