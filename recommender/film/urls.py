"""Addresses of the page of a film and of its pieces."""

from django.urls import path

from recommender.film import views

urlpatterns = [
    path("movies/<int:movie_id>/", views.movie, name="movie"),
    path("movies/<int:movie_id>/predicted/", views.predicted, name="predicted_stars"),
    path("movies/<int:movie_id>/mute/", views.mute, name="mute_reason"),
    path("movies/<int:movie_id>/unmute/", views.unmute, name="unmute_reason"),
]
