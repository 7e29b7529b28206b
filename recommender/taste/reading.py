"""People's tastes in one query, however long their histories are."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from movieshow.prepared import fetch_prepared
from recommender.answers import HistoryItem, Taste
from recommender.dials import Dials

# Postgres gathers each column into one array: a row a film would cost more here than there.
_TASTE_SQL = """
SELECT asked.user_id, history.movie_ids, history.stars, history.watched_at,
       ARRAY(SELECT movie_id FROM recommender_hiddenmovie WHERE user_id = asked.user_id),
       ARRAY(SELECT movie_id FROM catalog_seenmovie WHERE user_id = asked.user_id
             UNION SELECT movie_id FROM catalog_diaryentry WHERE user_id = asked.user_id),
       ARRAY(SELECT genre_id FROM recommender_tasteprofile_favourite_genres
             WHERE tasteprofile_id = asked.user_id ORDER BY genre_id),
       ARRAY(SELECT genre_id FROM recommender_tasteprofile_excluded_genres
             WHERE tasteprofile_id = asked.user_id ORDER BY genre_id),
       ARRAY(SELECT movie_id FROM recommender_mutedreason WHERE user_id = asked.user_id),
       profile.age_band,
       profile.obscurity, profile.adventure, profile.newness, profile.variety, profile.last_years
FROM (SELECT %s::bigint AS user_id) AS asked
LEFT JOIN recommender_tasteprofile AS profile ON profile.user_id = asked.user_id
CROSS JOIN LATERAL (
    SELECT array_agg(movie_id) AS movie_ids, array_agg(stars) AS stars,
           array_agg(watched_at) AS watched_at
    FROM (SELECT movie_id, stars::float8 AS stars,
                 extract(epoch FROM watched_at)::float8 AS watched_at FROM catalog_rating
          WHERE user_id = asked.user_id ORDER BY watched_at, id) AS ordered
) AS history
"""
# The same for several people, in no order.
_TASTES_SQL = _TASTE_SQL.replace("%s::bigint AS", "unnest(%s::bigint[]) AS")
_NOTHING: tuple[Any, ...] = (None, *[()] * 8, *[None] * 6)


def read_taste(*, user_id: int) -> Taste:
    """Read a person's history, hidden films, chosen genres, muted reasons and dials; one query.

    What they have seen (by an import or their diary) without giving it stars is no history, and is
    not shown again either.
    """
    return _make_taste(fetch_prepared(_TASTE_SQL, [user_id]) or _NOTHING)


def read_tastes(*, user_ids: Sequence[int]) -> list[Taste]:
    """Read the tastes of several people, in the order asked; one query, however many they are."""
    with connection.cursor() as cursor:
        cursor.execute(_TASTES_SQL, [list(user_ids)])
        tastes = {row[0]: _make_taste(row) for row in cursor.fetchall()}
    return [tastes[user_id] for user_id in user_ids]


def _make_taste(row: tuple[Any, ...]) -> Taste:
    _, movie_ids, stars, watched_at, hidden, seen, genre_ids, excluded, muted, *profile = row
    age_band, obscurity, adventure, newness, variety, last_years = profile
    return Taste(
        history=tuple(map(HistoryItem, movie_ids or (), stars or (), watched_at or ())),
        hidden_movie_ids=frozenset(hidden).union(seen),
        favourite_genre_ids=tuple(genre_ids),
        muted_movie_ids=frozenset(muted),
        excluded_genre_ids=tuple(excluded),
        age_band=age_band,
        dials=Dials(obscurity or 0.0, adventure or 0.0, newness or 0.0, variety, last_years),
    )
