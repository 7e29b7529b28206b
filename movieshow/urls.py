"""Every address of the site; each app owns its own list."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from movieshow.api_errors import UnknownPathView
from movieshow.health import healthz, readyz
from movieshow.icons import favicon
from movieshow.metrics import metrics

api_patterns: list[URLPattern | URLResolver] = [
    path("schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("", include("accounts.api_urls")),
    path("", include("catalog.api_urls")),
    path("", include("recommender.api_urls")),
]


def _change_password(
    request: HttpRequest,  # noqa: ARG001 - the signature of the admin's view
    extra_context: dict[str, object] | None = None,  # noqa: ARG001
) -> HttpResponse:
    """Lead to the site's own page: the admin's lets one guess the old password without end."""
    return redirect("account_change_password")


# allauth's limits on failed log-ins and its second factor hold for the admin's door too. Its own
# form asks for neither, and whoever is logged in could still post it as somebody else.
admin.site.login = secure_admin_login(require_safe(admin.site.login))  # type: ignore[method-assign]
admin.site.password_change = _change_password  # type: ignore[method-assign, assignment]

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("favicon.ico", favicon, name="favicon"),
    path("language/", require_POST(set_language), name="set_language"),
    path("api/v1/", include(api_patterns)),
    re_path(r"^api/", UnknownPathView.as_view()),
    path("admin/queues/", include("django_rq.urls")),
    path("admin/", admin.site.urls),
    path("account/", include("accounts.urls")),
    path("account/", include("allauth.urls")),
    path("export/", include("accounts.export_urls")),
    path("", include("catalog.urls")),
    path("", include("recommender.urls")),
]

handler400 = "movieshow.api_errors.bad_request"
handler500 = "movieshow.api_errors.server_error"
