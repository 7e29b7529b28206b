"""Addresses of the catalogue's pages; a film's own page is the recommender's."""

from django.urls import include, path, re_path

from catalog import import_views, own_views, poster_views, rating_views, views

urlpatterns = [
    path("search/", views.search, name="search"),
    path("browse/", views.browse, name="browse"),
    path("ratings/", own_views.ratings, name="ratings"),
    path("watchlist/", own_views.watchlist, name="watchlist"),
    path("", include("catalog.lists.urls")),
    path("movies/<int:movie_id>/rating/", rating_views.rate_movie, name="rate_movie"),
    path("movies/<int:movie_id>/watchlist/", views.save_watchlist, name="save_watchlist"),
    path("", include("catalog.diary.urls")),
    path("import/", import_views.imports, name="imports"),
    path("import/<int:import_id>/", import_views.history_import, name="import"),
    path("import/<int:import_id>/progress/", import_views.progress, name="import_progress"),
    path("import/<int:import_id>/accept/", import_views.accept_suggestions, name="import_accept"),
    path(
        "import/<int:import_id>/lists/<int:list_id>/choose/",
        import_views.choose_list,
        name="import_choose_list",
    ),
    path("import/<int:import_id>/apply/", import_views.apply_import, name="import_apply"),
    path("import/<int:import_id>/undo/", import_views.undo_import, name="import_undo"),
    path("import/<int:import_id>/discard/", import_views.discard_import, name="import_discard"),
    path(
        "import/<int:import_id>/films/<int:film_id>/",
        import_views.imported_film,
        name="imported_film",
    ),
    path(
        "import/<int:import_id>/films/<int:film_id>/choose/",
        import_views.choose_movie,
        name="import_choose",
    ),
    path("posters/<int:movie_id>-<slug:key>.svg", views.poster, name="poster"),
    re_path(
        r"^posters/(?P<movie_id>[0-9]{1,18})-(?P<key>[0-9a-z]{1,20})-(?P<size>small|large)\.webp$",
        poster_views.kept_poster,
        name="kept_poster",
    ),
]
