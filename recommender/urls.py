"""Addresses of the pages that recommend."""

from django.urls import path

from recommender import onboarding_views, views

urlpatterns = [
    path("", views.home, name="home"),
    path("welcome/", onboarding_views.welcome, name="welcome"),
    path("welcome/films/", onboarding_views.welcome_films, name="welcome_films"),
    path("movies/<int:movie_id>/", views.movie, name="movie"),
    path("movies/<int:movie_id>/hide/", views.hide, name="hide_movie"),
    path("movies/<int:movie_id>/unhide/", views.unhide, name="unhide_movie"),
    path("taste/", views.taste, name="taste"),
]
