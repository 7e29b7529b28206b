"""Search by title: exact, as one types, and with typing errors, on trigram indexes.

Trigram word similarity: https://www.postgresql.org/docs/current/pgtrgm.html.
"""

from django.db import connection, transaction

from catalog.text import drop_leading_article, normalise_title

MAX_QUERY_CHARACTERS = 100
MAX_RESULTS = 200
MIN_TRIGRAM_CHARACTERS = 3
MIN_WORD_SIMILARITY = 0.5

# Titles that contain what was typed; `rank` 0 is the very title, 1 its beginning, 2 a word's
# beginning, 3 anywhere.
CONTAINED = """
    SELECT id, rating_count, CASE
        WHEN search_title IN (%(query)s, %(full)s) OR search_title = 'the ' || %(query)s
          OR search_title LIKE %(query)s || ' aka %%' THEN 0
        WHEN search_title LIKE %(prefix)s OR search_title LIKE 'the ' || %(prefix)s
          OR search_title LIKE 'a ' || %(prefix)s THEN 1
        WHEN search_title LIKE '%% ' || %(prefix)s THEN 2
        ELSE 3
    END AS rank
    FROM catalog_movie WHERE {condition}
    ORDER BY rank, rating_count DESC, id LIMIT %(limit)s
"""
# Titles that resemble it: first those that differ by spaces alone ("walle" is "wall e"), then the
# nearest; a well-known movie wins over an obscure one that is as near.
RESEMBLING = """
    SELECT id FROM catalog_movie
    WHERE %(query)s <%% search_title
    ORDER BY replace(search_title, ' ', '') = replace(%(query)s, ' ', '') DESC,
        word_similarity(%(query)s, search_title) + 0.03 * ln(1 + rating_count) DESC, id
    LIMIT %(limit)s
"""


def find_movie_ids(query: str, *, limit: int) -> list[int]:
    """Return the ids of movies that match `query`, best first; at most `limit` of them."""
    full = normalise_title(query[:MAX_QUERY_CHARACTERS])
    text = drop_leading_article(full)
    limit = max(0, min(limit, MAX_RESULTS))
    if not text or not limit:
        return []
    found = _find_contained(text, full, limit)
    if len(found) < limit and len(text) >= MIN_TRIGRAM_CHARACTERS:
        known = set(found)
        found += [pk for pk in _find_resembling(text, limit) if pk not in known]
    return found[:limit]


def _find_contained(text: str, full: str, limit: int) -> list[int]:
    if len(text) >= MIN_TRIGRAM_CHARACTERS:
        condition = "search_title LIKE '%%' || %(prefix)s"
    else:  # too short for trigrams: the beginning of a title, by the ordered index
        condition = (
            "search_title LIKE %(prefix)s OR search_title LIKE 'the ' || %(prefix)s "
            "OR search_title LIKE 'a ' || %(prefix)s"
        )
    with connection.cursor() as cursor:
        cursor.execute(
            CONTAINED.format(condition=condition),
            {"query": text, "full": full, "prefix": f"{text}%", "limit": limit},
        )
        return [row[0] for row in cursor.fetchall()]


def _find_resembling(text: str, limit: int) -> list[int]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)",
            [str(MIN_WORD_SIMILARITY)],
        )
        cursor.execute(RESEMBLING, {"query": text, "limit": limit})
        return [row[0] for row in cursor.fetchall()]
