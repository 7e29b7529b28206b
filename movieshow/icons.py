"""The icon that browsers ask for by its old address, whatever a page says."""

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

WEEK_SECONDS = 604_800


@lru_cache(maxsize=1)
def _read_icon() -> bytes:
    """Return static/img/icon.svg as it was drawn in 16, 32 and 48 pixels."""
    data: bytes = (settings.BASE_DIR / "static" / "img" / "favicon.ico").read_bytes()
    return data


@require_safe
def favicon(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Serve the icon."""
    response = HttpResponse(_read_icon(), content_type="image/x-icon")
    patch_cache_control(response, public=True, max_age=WEEK_SECONDS)
    return response
