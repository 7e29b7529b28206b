"""The welcome: first genres, then films whose answers tell most; all of it may be skipped.

Which films are on a page, and which were passed over before, stands in its address: the page is the
same after a reload or a form without JavaScript, and nothing is kept of those who only look.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import replace_url

from accounts.models import User
from accounts.requests import (
    PageRequest,
    get_next_url,
    get_request_viewer,
    read_number,
    refuse,
    with_writer,
)
from catalog.selectors import get_movie_cards, get_named_genres
from catalog.services import UnknownMovieError
from catalog.shelves import make_shelf
from recommender.models import AgeBand
from recommender.onboarding.selectors import find_seen, get_onboarding_movies
from recommender.seen_films import mark_seen, unmark_seen
from recommender.services import UnknownGenreError, save_onboarding
from recommender.taste.selectors import count_ratings, get_age_band, get_favourite_genre_ids

FILMS_PER_PAGE = 18
MAX_PASSED = 5 * FILMS_PER_PAGE


@dataclass(frozen=True, slots=True)
class PosterPage:
    """The films on a page, in their order, and those passed over; 0 is a place to be filled."""

    shown: tuple[int, ...] = ()
    passed: tuple[int, ...] = ()

    @classmethod
    def read(cls, query: QueryDict) -> "PosterPage":
        """Return the page an address asks for: as it was, with one film changed, or the next."""
        shown = tuple(_read_ids(query.get("shown", "")))[:FILMS_PER_PAGE]
        passed = tuple(_read_ids(query.get("passed", "")))
        unknown = read_number(query.get("unknown", ""))
        if "more" in query:
            shown, passed = (), (*passed, *shown)
        elif unknown in shown:
            shown = tuple(0 if pk == unknown else pk for pk in shown)
            passed = (*passed, unknown)
        return cls(shown or (0,) * FILMS_PER_PAGE, passed[-MAX_PASSED:])

    def fill(self, films: list[int]) -> "PosterPage":
        """Return the page with films in its empty places, which close where there are too few."""
        rest = iter(films)
        shown = tuple(pk or next(rest, 0) for pk in self.shown)
        return PosterPage(tuple(pk for pk in shown if pk), self.passed)

    @property
    def address(self) -> str:
        """Where this very page is found."""
        query = {"shown": self.shown_text, "passed": self.passed_text}
        return f"{reverse('welcome_films')}?{urlencode(query, safe=',')}"

    @property
    def shown_text(self) -> str:
        """The films on the page, as an address has them."""
        return ",".join(map(str, self.shown))

    @property
    def passed_text(self) -> str:
        """The films passed over, as an address has them."""
        return ",".join(map(str, self.passed))


@require_http_methods(["GET", "HEAD", "POST"])
def welcome(request: PageRequest) -> HttpResponse:
    """Ask for favourite genres, and an age band where somebody likes to give one; keep them."""
    if request.method == "POST":
        return _save_genres(request)
    viewer = get_request_viewer(request)
    context = {
        "genres": get_named_genres(),
        "chosen_ids": get_favourite_genre_ids(user=viewer),
        "age_bands": AgeBand.choices,
        "chosen_age_band": get_age_band(user=viewer),
    }
    return render(request, "recommender/welcome.html", context)


@with_writer
def _save_genres(request: PageRequest, writer: User) -> HttpResponse:
    chosen = [read_number(text) for text in request.POST.getlist("genre")]
    # Left unanswered, or no band of ours: nothing is kept.
    age_band = read_number(request.POST.get("age_band", ""))
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
    """Show films to rate; to htmx, which changes one for another, the posters alone."""
    viewer = get_request_viewer(request)
    page = PosterPage.read(request.GET)
    seen = find_seen(user=viewer, movie_ids={*page.shown, *page.passed})
    places = page.shown.count(0)
    found = (
        get_onboarding_movies(
            user=viewer, passed=page.passed, showing=page.shown, seen=seen, limit=places
        )
        if places
        else []
    )
    page = page.fill(found)
    context = {
        "films": make_shelf(get_movie_cards(page.shown), viewer=viewer),
        "seen_ids": seen,
        "page": page,
        "page_address": page.address,
        "fresh_id": found[0] if found and places < FILMS_PER_PAGE else None,
        "has_more": bool(page.shown) and len(page.passed) < MAX_PASSED,
    }
    is_fragment = request.htmx and request.htmx.target == "posters"
    if is_fragment:
        response = render(request, "recommender/_posters.html", context)
        replace_url(response, page.address)
    else:
        context |= {"rating_count": count_ratings(user=viewer), "viewer": viewer}
        response = render(request, "recommender/welcome_films.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_POST
@with_writer
def welcome_seen(request: PageRequest, writer: User, movie_id: int) -> HttpResponse:
    """Remember that a film was seen, without stars, or forget it again, as the form's `on` says."""
    is_seen = request.POST.get("on") == "1"
    if is_seen:
        try:
            mark_seen(user=writer, movie_id=movie_id)
        except UnknownMovieError as error:
            raise Http404(str(error)) from error
    else:
        unmark_seen(user=writer, movie_id=movie_id)
    if not request.htmx:
        return HttpResponseRedirect(get_next_url(request, default=reverse("welcome_films")))
    cards = get_movie_cards([movie_id])
    if not cards:
        raise Http404
    context: dict[str, Any] = {"card": cards[0], "is_seen": is_seen, "is_fresh": True}
    return render(request, "recommender/_seen_button.html", context)


def _read_ids(text: str) -> list[int]:
    """Return the ids of an address, each once, what is no id left out."""
    found = (read_number(part) for part in text.split(",", 2 * MAX_PASSED)[: 2 * MAX_PASSED])
    return list(dict.fromkeys(pk for pk in found if pk))
