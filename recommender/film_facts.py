"""What the catalogue says of its films, for giving new ones a start from their content."""

from collections import defaultdict

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from catalog.models import Movie, Tag
from recommender.ml.cold.content import FilmFacts


def find_films_without_row(known_ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the ids, rising, of films of the catalogue that are not among `known_ids`; one query.

    `known_ids` are those of a model, rising.
    """
    ids = np.fromiter(Movie.objects.order_by("pk").values_list("pk", flat=True), dtype=np.int64)
    return ids[~np.isin(ids, known_ids)]


def read_film_facts() -> dict[int, FilmFacts]:
    """Return title, year, genres, text and tags of every film, by id; three queries.

    Tags count once for each person who consents to training; what other people wrote stays unread,
    as is what members wrote whose accounts are closed.
    """
    genres: dict[int, list[str]] = defaultdict(list)
    links = Movie.genres.through.objects.order_by("movie_id", "genre__name")
    for movie_id, name in links.values_list("movie_id", "genre__name").iterator():
        genres[movie_id].append(name)
    tags: dict[int, list[str]] = defaultdict(list)
    # People imported with a data set cannot log in, so none of them is active.
    may_be_read = Q(user__is_active=True) | ~Q(user__dataset="")
    allowed = Tag.objects.filter(may_be_read, user__allows_training=True)
    for movie_id, text in allowed.order_by("pk").values_list("movie_id", "text").iterator():
        tags[movie_id].append(text)
    films = Movie.objects.values_list("pk", "title", "year", "extract")
    return {
        pk: FilmFacts(title, year, tuple(genres[pk]), extract, tuple(tags[pk]))
        for pk, title, year, extract in films.iterator()
    }
