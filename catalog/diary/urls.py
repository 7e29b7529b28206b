"""Addresses of the diary and of notes."""

from django.urls import path

from catalog.diary import views

urlpatterns = [
    path("diary/", views.diary, name="diary"),
    path("diary/<int:entry_id>/", views.edit_entry, name="diary_entry"),
    path("diary/<int:entry_id>/remove/", views.remove_entry, name="remove_diary_entry"),
    path("movies/<int:movie_id>/diary/", views.log_movie, name="log_movie"),
    path("movies/<int:movie_id>/note/", views.note_movie, name="note_movie"),
]
