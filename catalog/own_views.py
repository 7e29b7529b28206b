"""Pages of what is one's own: ratings and watchlist, in the order one asks for."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import PageRequest, get_request_viewer
from catalog.own_forms import RatingsForm, WatchlistForm
from catalog.selectors import get_ratings, get_watchlist
from catalog.shelves import make_card, make_shelf

RATINGS_PER_PAGE = 20
FILMS_PER_PAGE = 36


@require_safe
def ratings(request: PageRequest) -> HttpResponse:
    """List the films one has rated, last watched first unless asked otherwise."""
    viewer = get_request_viewer(request)
    form = RatingsForm(request.GET)
    form.is_valid()
    stars = form.cleaned_data.get("stars")
    rated = get_ratings(viewer.pk if viewer else 0).order_by(*form.order)
    if stars:
        rated = rated.filter(stars=stars)
    page = Paginator(rated, RATINGS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "is_plain": not (stars or form.cleaned_data.get("sort")),
        "entries": [(make_card(rating.movie), rating) for rating in page.object_list],
        "page": page,
    }
    return render(request, "catalog/ratings.html", context)


@require_safe
def watchlist(request: PageRequest) -> HttpResponse:
    """List the films one means to watch, newest on it first unless asked otherwise."""
    viewer = get_request_viewer(request)
    form = WatchlistForm(request.GET)
    form.is_valid()
    entries = get_watchlist(viewer.pk if viewer else 0).order_by(*form.order)
    page = Paginator(entries, FILMS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "films": make_shelf([make_card(entry.movie) for entry in page.object_list], viewer=viewer),
        "page": page,
    }
    return render(request, "catalog/watchlist.html", context)
