"""Addresses of the pages that recommend."""

from django.urls import include, path

from recommender import views
from recommender.home import views as home_views
from recommender.onboarding import views as onboarding_views
from recommender.taste import views as taste_views
from recommender.tonight import views as tonight_views

urlpatterns = [
    path("", home_views.home, name="home"),
    path("tonight/", tonight_views.tonight, name="tonight"),
    path("tonight/films/<int:movie_id>/", tonight_views.answer_film, name="tonight_film"),
    path("tonight/films/<int:movie_id>/undo/", tonight_views.take_back, name="tonight_undo"),
    path("welcome/", onboarding_views.welcome, name="welcome"),
    path("welcome/films/", onboarding_views.welcome_films, name="welcome_films"),
    path("welcome/films/<int:movie_id>/seen/", onboarding_views.welcome_seen, name="welcome_seen"),
    path("", include("recommender.film.urls")),
    path("movies/<int:movie_id>/hide/", views.hide, name="hide_movie"),
    path("movies/<int:movie_id>/unhide/", views.unhide, name="unhide_movie"),
    path("taste/", taste_views.taste, name="taste"),
    path("taste/dials/", taste_views.save_taste, name="save_taste"),
    path("taste/preview/", taste_views.preview, name="preview_taste"),
    path("taste/statistics/", taste_views.statistics, name="taste_stats"),
    path("night/", include("recommender.night.urls")),
]
