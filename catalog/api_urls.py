"""Addresses of the catalogue in the API, below /api/v1/; no trailing slashes."""

from django.urls import include, path

from catalog import api

urlpatterns = [
    path("", include("catalog.lists.api_urls")),
    path("genres", api.GenreListView.as_view(), name="api-genres"),
    path("movies", api.MovieListView.as_view(), name="api-movies"),
    path("movies/<int:movie_id>", api.MovieView.as_view(), name="api-movie"),
    path("search", api.SearchView.as_view(), name="api-search"),
    path("me/ratings", api.MyRatingsView.as_view(), name="api-ratings"),
    path("me/ratings/<int:movie_id>", api.MyRatingView.as_view(), name="api-rating"),
    path("me/watchlist", api.MyWatchlistView.as_view(), name="api-watchlist"),
    path(
        "me/watchlist/<int:movie_id>",
        api.MyWatchlistEntryView.as_view(),
        name="api-watchlist-entry",
    ),
]
