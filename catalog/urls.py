"""Addresses of the catalogue's pages; a film's own page is the recommender's."""

from django.urls import path

from catalog import rating_views, views

urlpatterns = [
    path("search/", views.search, name="search"),
    path("browse/", views.browse, name="browse"),
    path("ratings/", views.ratings, name="ratings"),
    path("watchlist/", views.watchlist, name="watchlist"),
    path("movies/<int:movie_id>/rating/", rating_views.rate_movie, name="rate_movie"),
    path("movies/<int:movie_id>/watchlist/", views.save_watchlist, name="save_watchlist"),
    path("posters/<int:movie_id>-<slug:key>.svg", views.poster, name="poster"),
]
