"""The welcome: first genres, then well-known films of those genres; both may be skipped."""

from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.requests import PageRequest, get_request_viewer, refuse, with_writer
from catalog.selectors import get_genres, get_movie_cards
from catalog.shelves import make_shelf
from recommender.models import AgeBand
from recommender.selectors import get_onboarding_movies
from recommender.services import UnknownGenreError, save_onboarding
from recommender.taste_selectors import count_ratings, get_age_band, get_favourite_genre_ids

FILMS_PER_STEP = 18
MAX_STEPS = 5


@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: PageRequest) -> HttpResponse:
    """Ask for favourite genres, and an age band where somebody likes to give one; keep them."""
    if request.method == "POST":
        return _save_genres(request)
    viewer = get_request_viewer(request)
    context = {
        # What has no genre is nobody's favourite.
        "genres": [genre for genre in get_genres() if not genre.name.startswith("(")],
        "chosen_ids": get_favourite_genre_ids(user=viewer),
        "age_bands": AgeBand.choices,
        "chosen_age_band": get_age_band(user=viewer),
    }
    return render(request, "recommender/welcome.html", context)


@with_writer
def _save_genres(request: PageRequest, writer: User) -> HttpResponse:
    chosen = [_read_number(text) for text in request.POST.getlist("genre")]
    # Left unanswered, or no band of ours: nothing is kept.
    age_band = _read_number(request.POST.get("age_band", ""))
    known = age_band if age_band in AgeBand.values else None
    try:
        save_onboarding(user=writer, genre_ids=chosen, age_band=known)
    except UnknownGenreError:
        text = _("That genre does not exist any more: choose again.")
        status = HTTPStatus.BAD_REQUEST
        return refuse(request, text, status=status, default=reverse("welcome"))
    return HttpResponseRedirect(reverse("welcome_films"))


@require_safe
def welcome_films(request: PageRequest) -> HttpResponse:
    """Show well-known films of the chosen genres to rate."""
    viewer = get_request_viewer(request)
    step = min(max(_read_number(request.GET.get("step", "1")), 1), MAX_STEPS)
    ids = get_onboarding_movies(
        genre_ids=get_favourite_genre_ids(user=viewer), limit=FILMS_PER_STEP * step
    )
    cards = get_movie_cards(ids[FILMS_PER_STEP * (step - 1) :])
    context = {
        "films": make_shelf(cards, viewer=viewer),
        "next_step": step + 1 if len(ids) == FILMS_PER_STEP * step and step < MAX_STEPS else None,
        "rating_count": count_ratings(user=viewer),
    }
    return render(request, "recommender/welcome_films.html", context)


def _read_number(text: str) -> int:
    """Return a number of few digits, else 0, which is no genre's id."""
    return int(text) if text.isdecimal() and len(text) <= 6 else 0
