"""`/metrics` for Prometheus: of all web processes together, for those who may read it.

With `METRICS_TOKEN` set, whoever sends it; else programs on this computer that come without a
proxy. Numbers of single people are in none of it, but how a site is used is nobody else's business.
"""

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView

LOOPBACK = frozenset({"127.0.0.1", "::1"})


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return all counters in Prometheus' text format, or 403."""
    if not _may_read(request):
        return HttpResponseForbidden("metrics are for this site's operators\n")
    response: HttpResponse = ExportToDjangoView(request)
    return response


def _may_read(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(given.encode(), settings.METRICS_TOKEN.encode())
    is_proxied = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return request.META.get("REMOTE_ADDR") in LOOPBACK and not is_proxied
