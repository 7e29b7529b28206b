"""How unlike each other the films are that an arm shows in one list."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from django.db import connection

from catalog.models import Movie
from recommender.ml.metrics import diversity

LIST_LENGTH = 10
# Ids of recommendations are random, so the first by id are a sample of all.
MOST_LISTS = 20_000

# Rows of the home page are lists of their own.
_LISTS = """
SELECT {column}, array_agg(movie_id) FROM recommender_impression
WHERE {column} = ANY(%s) AND rank <= %s
GROUP BY {column}, recommendation_id, row HAVING count(*) > 1
ORDER BY recommendation_id LIMIT %s
"""


def measure_diversity(arm_ids: Sequence[int], *, column: str) -> dict[int, float]:
    """Return 1 - mean pairwise cosine of genres in the first ten films of a list, mean by arm.

    `column` is that of impressions which names the arm. Arms that showed no list of two films are
    left out. Two queries, of at most 20,000 lists.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LISTS.format(column=column), [list(arm_ids), LIST_LENGTH, MOST_LISTS])
        lists = cursor.fetchall()
    by_arm: dict[int, dict[int, list[list[int]]]] = defaultdict(lambda: defaultdict(list))
    for arm_id, movie_ids in lists:
        by_arm[arm_id][len(movie_ids)].append(movie_ids)
    ids = np.unique(np.array([pk for _arm, found in lists for pk in found], dtype=np.int64))
    vectors = _read_genres(ids)
    means = {}
    for arm_id, by_length in by_arm.items():
        values = [
            diversity(np.searchsorted(ids, np.array(found, dtype=np.int64)), vectors)
            for found in by_length.values()
        ]
        means[arm_id] = float(np.concatenate(values).mean())
    return means


def _read_genres(movie_ids: np.ndarray) -> np.ndarray:
    """Return (N, G) float32 of 0 and 1, a row for each of the ascending movie ids (N,)."""
    pairs = Movie.genres.through.objects.filter(movie_id__in=movie_ids.tolist())
    found = np.array(list(pairs.values_list("movie_id", "genre_id")), dtype=np.int64).reshape(-1, 2)
    genres, columns = np.unique(found[:, 1], return_inverse=True)
    vectors = np.zeros((len(movie_ids), max(1, len(genres))), dtype=np.float32)
    vectors[np.searchsorted(movie_ids, found[:, 0]), columns] = 1.0
    return vectors
