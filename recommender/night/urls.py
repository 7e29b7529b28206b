"""Addresses of movie nights, below /night/."""

from django.urls import path

from recommender.night import action_views, views

urlpatterns = [
    path("", views.nights, name="nights"),
    path("join/<slug:slug>/", views.join, name="night_join"),
    path("<int:night_id>/", views.night, name="night"),
    path("<int:night_id>/state/", views.state, name="night_state"),
    path("<int:night_id>/start/", action_views.start, name="night_start"),
    path("<int:night_id>/vote/", action_views.vote, name="night_vote"),
    path("<int:night_id>/close/", action_views.close, name="night_close"),
    path("<int:night_id>/again/", action_views.again, name="night_again"),
    path("<int:night_id>/leave/", action_views.leave, name="night_leave"),
    path("<int:night_id>/call-off/", action_views.call_off, name="night_call_off"),
    path("<int:night_id>/link/", action_views.change_link, name="night_link"),
    path("<int:night_id>/rule/", action_views.change_rule, name="night_rule"),
    path("<int:night_id>/remove/<int:member_id>/", action_views.remove, name="night_remove"),
    path("<int:night_id>/pick/<int:movie_id>/", action_views.pick, name="night_pick"),
    path("<int:night_id>/unpick/<int:movie_id>/", action_views.unpick, name="night_unpick"),
]
