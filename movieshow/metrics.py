"""`/metrics` for Prometheus: of all web processes together, for those who may read it.

With `METRICS_TOKEN` set, whoever sends it; else programs on this computer, and behind a proxy
(`TRUST_PROXY`) nobody: through one on this computer everybody comes from here. Numbers of single
people are in none of it, but how a site is used is nobody else's business.
"""

import secrets
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseForbidden
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import Histogram

LOOPBACK = frozenset({"127.0.0.1", "::1"})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
request_seconds = Histogram(
    "movieshow_request_seconds",
    "How long answers took, and how many there were, by view, method and status.",
    ["view", "method", "status"],
)


class RequestMetricsMiddleware:
    """Counts each request once: django-prometheus would keep fifteen numbers of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Go on and take the time."""
        started = time.perf_counter()
        response = self.get_response(request)
        found = request.resolver_match
        view = (found.view_name if found else "") or "unnamed"
        method = request.method if request.method in METHODS else "other"
        labels = request_seconds.labels(view, method, response.status_code)
        labels.observe(time.perf_counter() - started)
        return response


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
    is_behind_proxy = bool(settings.SECURE_PROXY_SSL_HEADER)
    is_proxied = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    is_local = request.META.get("REMOTE_ADDR") in LOOPBACK
    return is_local and not is_proxied and not is_behind_proxy
