"""Search by title: exact, as one types, and with typing errors, on trigram indexes.

Trigram word similarity: https://www.postgresql.org/docs/current/pgtrgm.html.
"""

from dataclasses import dataclass
from math import log1p

from django.db import connection

from catalog.text import drop_leading_article, normalise_title
from catalog.typing_errors import rate_likeness

MAX_QUERY_CHARACTERS = 100
MAX_RESULTS = 200
MAX_WORDS = 8
MIN_TRIGRAM_CHARACTERS = 3
MIN_WORD_SIMILARITY = 0.5
# Titles that match only loosely: few beside those that are meant, more where none is.
LOOSE_BESIDE_CLOSE, LOOSE_ALONE = 6, 24
# Trigrams find what resembles; of the nearest of these, letters typed wrong say which was meant.
COUNTED, MAX_WORDS_COUNTED = 40, 5
# What a well-known movie gains, by the logarithm of its ratings, on an obscure one that is as near.
RENOWN = 0.03

# Titles that contain what was typed; `rank` 0 is the very title, 1 its beginning, 2 a word's
# beginning, 3 all of the words begun in any order, 4 anywhere.
CONTAINED = """
    SELECT id, CASE
        WHEN search_title IN (%(query)s, %(full)s) OR search_title = 'the ' || %(query)s
          OR search_title LIKE %(query)s || ' aka %%' THEN 0
        WHEN search_title LIKE %(prefix)s OR search_title LIKE 'the ' || %(prefix)s
          OR search_title LIKE 'a ' || %(prefix)s THEN 1
        WHEN search_title LIKE '%% ' || %(prefix)s THEN 2
        WHEN ' ' || search_title LIKE ALL (%(begun)s) THEN 3
        ELSE 4
    END AS rank
    FROM catalog_movie WHERE {condition}
    ORDER BY rank, rating_count DESC, id LIMIT %(limit)s
"""
LOOSE_RANK = 4
SET_THRESHOLD = "SELECT set_config('pg_trgm.word_similarity_threshold', %(least)s, true)"
# Titles that resemble it: first those that differ by spaces alone ("walle" is "wall e"), then the
# nearest; a well-known movie wins over an obscure one that is as near.
RESEMBLING = """
    SELECT id, search_title, rating_count FROM catalog_movie
    WHERE %(query)s <%% search_title
    ORDER BY replace(search_title, ' ', '') = replace(%(query)s, ' ', '') DESC,
        word_similarity(%(query)s, search_title) + %(renown)s * ln(1 + rating_count) DESC, id
    LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Matches:
    """Ids of movies, best first: `close` are called what was typed, `loose` nearly so."""

    close: tuple[int, ...] = ()
    loose: tuple[int, ...] = ()


def find_matches(query: str) -> Matches:
    """Return the movies that match `query`; at most `MAX_RESULTS` that are called so.

    A title is close where it, or each word of `query` in it, begins as typed. Others contain what
    was typed somewhere, or resemble it: a few beside close ones, more where there are none.
    """
    contained, resembling = _find_all(query, MAX_RESULTS)
    close = [pk for pk, rank in contained if rank < LOOSE_RANK]
    loose = [pk for pk, rank in contained if rank == LOOSE_RANK] + resembling
    most = LOOSE_BESIDE_CLOSE if close else LOOSE_ALONE
    return Matches(tuple(close), tuple(loose[:most]))


def find_movie_ids(query: str, *, limit: int) -> list[int]:
    """Return the ids of movies that match `query` closely or loosely, best first."""
    limit = max(0, min(limit, MAX_RESULTS))
    contained, resembling = _find_all(query, limit)
    return ([pk for pk, _ in contained] + resembling)[:limit]


def _find_all(query: str, limit: int) -> tuple[list[tuple[int, int]], list[int]]:
    """Return (id, rank) of titles that contain `query`, and ids of others that resemble it."""
    full = normalise_title(query[:MAX_QUERY_CHARACTERS])
    text = drop_leading_article(full)
    if not text or not limit:
        return [], []
    contained = _find_contained(text, full, limit)
    if len(contained) >= limit or len(text) < MIN_TRIGRAM_CHARACTERS:
        return contained, []
    known = {pk for pk, _ in contained}
    return contained, [pk for pk in _find_resembling(text, limit) if pk not in known]


def _find_contained(text: str, full: str, limit: int) -> list[tuple[int, int]]:
    words = text.split()[:MAX_WORDS]
    parameters: dict[str, str | int | list[str]] = {
        "query": text,
        "full": full,
        "prefix": f"{text}%",
        "begun": [f"% {word}%" for word in words],
        "limit": limit,
    }
    if len(text) < MIN_TRIGRAM_CHARACTERS:
        # too short for trigrams: the beginning of a title, by the ordered index
        condition = (
            "search_title LIKE %(prefix)s OR search_title LIKE 'the ' || %(prefix)s "
            "OR search_title LIKE 'a ' || %(prefix)s"
        )
    else:
        condition = "search_title LIKE '%%' || %(prefix)s"
        # One condition a word, each of which the trigram index knows; a shorter one it does not.
        indexed = [word for word in words if len(word) >= MIN_TRIGRAM_CHARACTERS]
        if len(words) > 1 and indexed:
            names = [f"word{place}" for place in range(len(indexed))]
            parameters |= dict(zip(names, (f"%{word}%" for word in indexed), strict=True))
            each = " AND ".join(f"search_title LIKE %({name})s" for name in names)
            condition += f" OR ({each} AND ' ' || search_title LIKE ALL (%(begun)s))"
    with connection.cursor() as cursor:
        cursor.execute(CONTAINED.format(condition=condition), parameters)
        return [(pk, rank) for pk, rank in cursor.fetchall()]


def _find_resembling(text: str, limit: int) -> list[int]:
    parameters: dict[str, str | int | float] = {"query": text, "limit": max(limit, COUNTED)}
    parameters |= {"least": str(MIN_WORD_SIMILARITY), "renown": RENOWN}
    with connection.cursor() as cursor:
        # Sent as one, they are one transaction, for which alone the threshold holds.
        cursor.execute(f"{SET_THRESHOLD}; {RESEMBLING}", parameters)
        cursor.nextset()
        found: list[tuple[int, str, int]] = cursor.fetchall()
    if len(text.split()) <= MAX_WORDS_COUNTED:
        found[:COUNTED] = sorted(found[:COUNTED], key=lambda row: _rank_resembling(text, row))
    return [pk for pk, _, _ in found[:limit]]


def _rank_resembling(text: str, row: tuple[int, str, int]) -> tuple[bool, float, int]:
    """Return what sorts movies that resemble `text`, the likeliest to be meant first."""
    pk, title, rating_count = row
    is_same = title.replace(" ", "") == text.replace(" ", "")
    return not is_same, -rate_likeness(text, title) - RENOWN * log1p(rating_count), pk
