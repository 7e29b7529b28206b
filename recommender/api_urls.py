"""Addresses of the recommendation API, below /api/v1/; no trailing slashes."""

from django.urls import path

from recommender import api
from recommender.feedback import api as feedback_api
from recommender.taste import api as taste_api

urlpatterns = [
    path("me/recommendations", api.MyRecommendationsView.as_view(), name="api-recommendations"),
    path("me/taste", taste_api.MyTasteView.as_view(), name="api-taste"),
    path("me/hidden/<int:movie_id>", api.HiddenMovieView.as_view(), name="api-hidden"),
    path(
        "recommendations/session",
        api.SessionRecommendationsView.as_view(),
        name="api-session-recommendations",
    ),
    path("movies/<int:movie_id>/similar", api.SimilarMoviesView.as_view(), name="api-similar"),
    path("events", feedback_api.EventsView.as_view(), name="api-events"),
    path("model", api.ActiveModelView.as_view(), name="api-model"),
]
