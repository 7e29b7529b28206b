"""A person's taste in one query, however long their history is."""

from movieshow.prepared import fetch_prepared
from recommender.answers import HistoryItem, Taste

# Postgres gathers each column into one array: a row a film would cost more here than there.
_TASTE_SQL = """
SELECT history.movie_ids, history.stars,
       ARRAY(SELECT movie_id FROM recommender_hiddenmovie WHERE user_id = asked.user_id),
       ARRAY(SELECT movie_id FROM catalog_seenmovie WHERE user_id = asked.user_id),
       ARRAY(SELECT genre_id FROM recommender_tasteprofile_favourite_genres
             WHERE tasteprofile_id = asked.user_id ORDER BY genre_id),
       (SELECT age_band FROM recommender_tasteprofile WHERE user_id = asked.user_id)
FROM (SELECT %s::bigint AS user_id) AS asked
CROSS JOIN LATERAL (
    SELECT array_agg(movie_id ORDER BY watched_at, id) AS movie_ids,
           array_agg(stars::float8 ORDER BY watched_at, id) AS stars
    FROM catalog_rating WHERE user_id = asked.user_id
) AS history
"""


def read_taste(*, user_id: int) -> Taste:
    """Read a person's history, hidden films, chosen genres and age band; one query.

    What they have seen without giving it stars is no history, and is not shown again either. When
    a film was watched is not read: the order is all that is asked.
    """
    row = fetch_prepared(_TASTE_SQL, [user_id])
    movie_ids, stars, hidden, seen, genre_ids, age_band = row or ((), (), (), (), (), None)
    return Taste(
        history=tuple(map(HistoryItem, movie_ids or (), stars or ())),
        hidden_movie_ids=frozenset(hidden).union(seen),
        favourite_genre_ids=tuple(genre_ids),
        age_band=age_band,
    )
