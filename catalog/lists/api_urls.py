"""Addresses of lists in the API, below /api/v1/; no trailing slashes."""

from django.urls import path

from catalog.lists import api

urlpatterns = [
    path("me/lists", api.MyListsView.as_view(), name="api-lists"),
    path("me/lists/<int:list_id>", api.MyListView.as_view(), name="api-list"),
    path("me/lists/<int:list_id>/films", api.MyListFilmsView.as_view(), name="api-list-films"),
    path(
        "me/lists/<int:list_id>/films/<int:movie_id>",
        api.MyListFilmView.as_view(),
        name="api-list-film",
    ),
    path("lists/<uuid:share_key>", api.SharedListView.as_view(), name="api-shared-list"),
    path(
        "lists/<uuid:share_key>/films",
        api.SharedListFilmsView.as_view(),
        name="api-shared-list-films",
    ),
]
