"""Serves the posters that are kept as pictures, so that nobody's browser asks another host."""

from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import add_never_cache_headers, patch_cache_control
from django.views.decorators.http import require_safe

from accounts.requests import PageRequest
from catalog.posters import compute_poster_key
from catalog.posters.kept import open_poster
from catalog.selectors import get_movie_cards

MONTH_SECONDS = 30 * 86_400


@require_safe
def kept_poster(request: PageRequest, movie_id: str, key: str, size: str) -> HttpResponseBase:  # noqa: ARG001
    """Send a film's picture; where it is gone, lead to the drawing that stands in for it."""
    picture = open_poster(movie_id=int(movie_id), key=key, size=size)
    if picture is not None:
        response = FileResponse(picture, content_type="image/webp")
        # The address changes with the picture; a month, for TMDB's must not be kept for ever.
        patch_cache_control(response, public=True, max_age=MONTH_SECONDS, immutable=True)
        return response
    cards = get_movie_cards([int(movie_id)])
    if not cards:
        return HttpResponse(status=404)
    card = cards[0]
    drawn = compute_poster_key(title=card.title, year=card.year, genres=card.genres)
    redirect = HttpResponseRedirect(reverse("poster", args=[card.id, drawn]))
    add_never_cache_headers(redirect)
    return redirect
