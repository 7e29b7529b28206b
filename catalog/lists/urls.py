"""Addresses of the pages of lists."""

from django.urls import path

from catalog.lists import entry_views, views

urlpatterns = [
    path("lists/", views.lists, name="lists"),
    path("lists/shared/<uuid:share_key>/", views.shared_list, name="shared_list"),
    path("lists/<int:list_id>/", views.film_list, name="list"),
    path("lists/<int:list_id>/edit/", views.edit_list, name="edit_list"),
    path("lists/<int:list_id>/delete/", views.delete_list, name="delete_list"),
    path("lists/<int:list_id>/films/", entry_views.add_film, name="add_film"),
    path(
        "lists/<int:list_id>/films/<int:movie_id>/", entry_views.change_entry, name="change_entry"
    ),
    path(
        "lists/<int:list_id>/films/<int:movie_id>/remove/",
        entry_views.remove_film,
        name="remove_film",
    ),
    path("movies/<int:movie_id>/lists/", entry_views.add_to_list, name="add_to_list"),
]
