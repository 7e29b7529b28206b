"""The home page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.requests import PageRequest, get_request_viewer
from recommender.experiments.row_bandit import get_page_context
from recommender.home.selectors import get_home_page
from recommender.home.shelves import fill_page
from recommender.ranking import FULL_HISTORY
from recommender.tonight.form import TonightForm


@require_safe
def home(request: PageRequest) -> HttpResponse:
    """Suggest three films for this evening, and show rows of films below."""
    viewer = get_request_viewer(request)
    page = get_home_page(user=viewer, query=request.GET, context=get_page_context(request))
    shown = fill_page(page, viewer=viewer)
    num_ratings = page.visitor.num_ratings
    context = {
        "shown": shown,
        "viewer": viewer,
        "rating_count": num_ratings,
        "ratings_missing": max(0, FULL_HISTORY - num_ratings),
        "is_personal": num_ratings > 0,
        "form": TonightForm(
            page.tonight.answers,
            catalogue=page.catalogue,
            visitor=page.visitor,
            companies=page.companies,
        ),
        "origin": page.rows[0].recommendation_id if viewer and page.rows else "",
    }
    return render(request, "recommender/home.html", context)
