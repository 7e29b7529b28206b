"""The site's addresses and the bare view that recommendations are compared with."""

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api import ViewerView
from movieshow.urls import handler400, handler500
from movieshow.urls import urlpatterns as site_urlpatterns

__all__ = ["handler400", "handler500", "urlpatterns"]


class HelloView(ViewerView):
    """The least a DRF view with the same authentication can do."""

    def get(self, request: Request) -> Response:
        """Say hello."""
        return Response({"hello": "world"})


urlpatterns = [path("bench/hello", HelloView.as_view()), *site_urlpatterns]
