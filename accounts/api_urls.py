"""Addresses of one's tokens in the API, below /api/v1/; no trailing slashes."""

from django.urls import path

from accounts import api

urlpatterns = [
    path("me/tokens", api.MyTokensView.as_view(), name="api-tokens"),
    path("me/tokens/<int:token_id>", api.MyTokenView.as_view(), name="api-token"),
]
