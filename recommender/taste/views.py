"""My taste: the dials, what is hidden and muted, and what the ratings add up to."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import PageRequest, get_request_viewer, with_writer
from catalog.selectors import MovieCard, get_movie_cards, get_named_genres
from catalog.shelves import make_card
from movieshow.client_address import get_client_address
from movieshow.limits import is_within_limit
from recommender.services import UnknownGenreError, save_wishes
from recommender.taste.forms import TasteForm, describe_dials
from recommender.taste.hindsight import Hindsight, Surprise, get_hindsight
from recommender.taste.plots import plot_predictions, plot_stats
from recommender.taste.preview import preview_picks
from recommender.taste.selectors import (
    get_hidden_movies,
    get_muted_reasons,
    get_taste_summary,
    get_wishes,
)
from recommender.taste.stats import get_rating_stats

HIDDEN_PER_PAGE = 36
MUTED_SHOWN = 100
# Far more than a hand turns; each ranks the whole catalogue anew, as an API session does.
PREVIEWS_A_MINUTE = 120


@require_safe
def taste(request: PageRequest) -> HttpResponse:
    """Show one's dials and what one never wants to see, and turn them."""
    wishes = get_wishes(user=get_request_viewer(request))
    given = {**describe_dials(wishes.dials), "genre": list(wishes.excluded_genre_ids)}
    form = TasteForm(initial=given)
    return _render_taste(request, form, wishes.favourite_genre_ids)


def _render_taste(
    request: PageRequest,
    form: TasteForm,
    favourite_ids: Sequence[int] = (),
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    viewer = get_request_viewer(request)
    genres = get_named_genres()
    form.offer_genres((genre.pk, _(genre.name)) for genre in genres)
    hidden = get_hidden_movies(user=viewer)
    page = Paginator(hidden, HIDDEN_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "dials": [form["obscurity"], form["adventure"], form["newness"]],
        "summary": get_taste_summary(user=viewer),
        "favourite_genres": [genre for genre in genres if genre.pk in favourite_ids],
        "muted": [make_card(entry.movie) for entry in get_muted_reasons(user=viewer)[:MUTED_SHOWN]],
        "hidden": [make_card(entry.movie) for entry in page.object_list],
        "page": page,
    }
    return render(request, "recommender/taste.html", context, status=status)


def _read_form(data: QueryDict) -> TasteForm:
    form = TasteForm(data)
    form.offer_genres((genre.pk, _(genre.name)) for genre in get_named_genres())
    return form


@require_POST
@with_writer
def save_taste(request: PageRequest, writer: User) -> HttpResponse:
    """Keep how the dials were turned and which genres were excluded."""
    form = _read_form(request.POST)
    if form.is_valid():
        try:
            save_wishes(
                user=writer, dials=form.dials, excluded_genre_ids=form.cleaned_data["genre"]
            )
        except UnknownGenreError:
            form.add_error("genre", _("That genre does not exist any more: choose again."))
        else:
            messages.success(request, _("Saved: your picks follow it from now on."))
            return HttpResponseRedirect(reverse("taste"))
    wishes = get_wishes(user=writer)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _render_taste(request, form, wishes.favourite_genre_ids, status=status)


@require_safe
def preview(request: PageRequest) -> HttpResponse:
    """Show the first picks there would be were the dials turned so; nothing is kept."""
    viewer = get_request_viewer(request)
    if not is_within_limit(
        what="previews",
        who=str(viewer.pk) if viewer else get_client_address(request=request),
        most=PREVIEWS_A_MINUTE,
        seconds=60,
    ):
        text = _("Too much at once: wait a few minutes.")
        status = HTTPStatus.TOO_MANY_REQUESTS
        return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
    form = _read_form(request.GET)
    cards: list[MovieCard] = []
    if form.is_valid():
        ids = preview_picks(
            user=viewer,
            dials=form.dials,
            excluded_genre_ids=form.cleaned_data["genre"],
        )
        cards = get_movie_cards(ids)
    context = {"cards": cards, "is_valid": form.is_valid()}
    response = render(request, "recommender/_taste_preview.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_safe
def statistics(request: PageRequest) -> HttpResponse:
    """Show what one's ratings add up to, and how right the predictions would have been."""
    viewer = get_request_viewer(request)
    stats = get_rating_stats(user=viewer)
    hindsight = get_hindsight(user=viewer) if stats else None
    context: dict[str, Any] = {
        "stats": stats,
        "plots": plot_stats(stats) if stats else None,
        "hindsight": hindsight,
    }
    if hindsight is not None:
        context["predictions"] = plot_predictions(hindsight)
        context["loved"], context["let_down"] = _name_surprises(hindsight)
    return render(request, "recommender/taste_stats.html", context)


@dataclass(frozen=True, slots=True)
class NamedSurprise:
    """A surprise with its film."""

    card: MovieCard
    surprise: Surprise


def _name_surprises(hindsight: Hindsight) -> tuple[list[NamedSurprise], list[NamedSurprise]]:
    """Return the surprises with their films, one query."""
    both = (hindsight.loved, hindsight.let_down)
    ids = [surprise.movie_id for kind in both for surprise in kind]
    cards = {card.id: card for card in get_movie_cards(ids)}
    loved, let_down = (
        [
            NamedSurprise(cards[surprise.movie_id], surprise)
            for surprise in kind
            if surprise.movie_id in cards
        ]
        for kind in both
    )
    return loved, let_down
