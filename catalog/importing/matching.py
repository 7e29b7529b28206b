"""Which movie of the catalogue a film of an upload is: by id, by title and year, by likeness.

Likeness is rapidfuzz's on titles as search compares them, over the movies of the same title and,
where none of those is surely meant, the few that trigrams (pg_trgm) find with a year at most one
off.
"""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection, transaction

from catalog.import_models import ImportedFilm
from catalog.importing.contents import Film
from catalog.importing.limits import SearchBudget
from catalog.models import Movie
from catalog.text import drop_leading_article, move_article, normalise_title

CHUNK = 50
MAX_CANDIDATES = 5
# What is compared of a title with the whole catalogue: the time grows with its length.
MAX_COMPARED_CHARACTERS = 120
# Names in parentheses: each is compared with each of the other title.
MAX_INNER_NAMES = 4
# Of 100. Above the first a typing error is the only difference left, given the same year and
# numbers; below the second people see no likeness.
SURE, LIKELY = 93.0, 72.0
# How far the runner-up must lie behind for the first to be taken unasked.
CLEAR = 5.0
OTHER_TITLE = 55.0  # an id whose film is called something this different is somebody else's id
# Thresholds of pg_trgm; and such a query is done sooner than compiled.
SETTINGS = {
    "pg_trgm.similarity_threshold": "0.45",
    "pg_trgm.word_similarity_threshold": "0.6",
    "jit": "off",
}
PARENTHESES = re.compile(r"\(([^()]*)\)")
AKA = re.compile(r"^(?:a\.?k\.?a\.?|aka)\s+", re.IGNORECASE)
ROMAN = re.compile(r"(?:[ivx]+|\d+)")

Match = ImportedFilm.Match
# Movies of the very title, or of one that goes on after it: by the ordered index, so most films
# of an upload are found in a fraction of a millisecond each.
NAMESAKES = """
    SELECT asked.place, movie.id, movie.title, movie.year, movie.rating_count
    FROM unnest(%(places)s::int[], %(titles)s::text[], %(years)s::int[])
         AS asked(place, title, year)
    CROSS JOIN LATERAL (
        SELECT id, title, year, rating_count FROM catalog_movie
        WHERE search_title ~>=~ asked.title AND search_title ~<~ (asked.title || '!')
          AND (search_title = asked.title OR asked.year IS NULL OR year IS NULL
               OR abs(year - asked.year) <= 1)
        ORDER BY search_title = asked.title DESC, rating_count DESC, id LIMIT 20
    ) AS movie
"""
LIKENESSES = """
    SELECT asked.place, movie.id, movie.title, movie.year, movie.rating_count
    FROM unnest(%(places)s::int[], %(titles)s::text[], %(years)s::int[])
         AS asked(place, title, year)
    CROSS JOIN LATERAL (
        SELECT id, title, year, rating_count,
               greatest(similarity(search_title, asked.title),
                        word_similarity(asked.title, search_title)) AS likeness
        FROM catalog_movie
        WHERE (search_title %% asked.title OR asked.title <%% search_title)
          AND (asked.year IS NULL OR year IS NULL OR abs(year - asked.year) <= 1)
        ORDER BY likeness DESC, rating_count DESC, id LIMIT 12
    ) AS movie
"""


class Candidate(NamedTuple):
    """A movie it may be; `score` is 0 to 100."""

    movie_id: int
    title: str
    year: int | None
    rating_count: int
    score: float = 0.0


@dataclass(slots=True)
class Verdict:
    """What a film was taken for; `candidates` are movie ids, likeliest first.

    `is_unsearched` where nothing is called so and the budget for likenesses was used up.
    """

    match: Match
    movie_id: int | None = None
    candidates: list[int] = field(default_factory=list)
    is_unsearched: bool = False


def match_films(
    films: Sequence[Film],
    *,
    on_done: Callable[[int], object],
    budget: SearchBudget | None = None,
) -> list[Verdict]:
    """Return what each film was taken for; `on_done` hears how many are done, now and then."""
    verdicts: list[Verdict] = []
    remaining, budget = iter(films), budget or SearchBudget()
    while chunk := list(islice(remaining, CHUNK)):
        verdicts += _match_chunk(chunk, budget)
        on_done(len(verdicts))
    return verdicts


def _match_chunk(films: list[Film], budget: SearchBudget) -> list[Verdict]:
    found = dict(_match_by_ids(films))
    wanted = {
        place: film
        for place, film in enumerate(films)
        if place not in found and film.is_film and normalise_title(film.title)
    }
    candidates = _find_namesakes(wanted)
    verdicts = {place: decide(film, candidates[place]) for place, film in wanted.items()}
    unsure = {
        place: film for place, film in wanted.items() if verdicts[place].match != Match.MATCHED
    }
    searched = budget.take(unsure)
    started = time.monotonic()
    for place, others in _find_likenesses(searched).items():
        both = {one.movie_id: one for one in (*candidates[place], *others)}
        verdicts[place] = decide(wanted[place], list(both.values()))
    budget.seconds -= time.monotonic() - started
    for place in unsure.keys() - searched.keys():
        verdicts[place].is_unsearched = verdicts[place].match == Match.UNMATCHED
    found |= verdicts
    return [found.get(place, Verdict(Match.UNMATCHED)) for place in range(len(films))]


def _match_by_ids(films: list[Film]) -> Iterator[tuple[int, Verdict]]:
    """Yield what ids tell: one movie, or several that contradict each other."""
    by_imdb, by_tmdb, titles = _look_up_ids(films)
    for place, film in enumerate(films):
        named = [film.movie_id] if film.movie_id in titles else []
        named += by_imdb.get(film.imdb_id, [])[:1]
        if film.is_film:  # TMDB counts series on their own
            named += by_tmdb.get(film.tmdb_id or 0, [])[:1]
        ids = [movie_id for movie_id in dict.fromkeys(named) if movie_id is not None]
        if not ids:
            continue
        is_only_movie_id = ids == [film.movie_id] and len(named) == 1
        if len(ids) > 1 or (is_only_movie_id and _is_other_title(film, titles[ids[0]])):
            yield place, Verdict(Match.DOUBTFUL, None, ids)
        else:
            yield place, Verdict(Match.MATCHED, ids[0])


def _look_up_ids(
    films: list[Film],
) -> tuple[dict[str, list[int]], dict[int, list[int]], dict[int, str]]:
    by_imdb: dict[str, list[int]] = defaultdict(list)
    by_tmdb: dict[int, list[int]] = defaultdict(list)
    fields = ("pk", "title", "imdb_id", "tmdb_id")
    titles: dict[int, str] = {}
    lookups: tuple[tuple[str, set[Any]], ...] = (
        ("pk__in", {film.movie_id for film in films if film.movie_id}),
        ("imdb_id__in", {film.imdb_id for film in films if film.imdb_id}),
        ("tmdb_id__in", {film.tmdb_id for film in films if film.tmdb_id}),
    )
    for lookup, values in lookups:
        if not values:
            continue
        rows = Movie.objects.filter(**{lookup: values}).order_by("-rating_count", "pk")
        for pk, title, imdb_id, tmdb_id in rows.values_list(*fields):
            titles[pk] = title
            if lookup == "imdb_id__in":
                by_imdb[imdb_id].append(pk)
            elif lookup == "tmdb_id__in" and tmdb_id is not None:
                by_tmdb[tmdb_id].append(pk)
    return by_imdb, by_tmdb, titles


def _is_other_title(film: Film, title: str) -> bool:
    return bool(film.title) and score_titles(film.title, title) < OTHER_TITLE


def _find_namesakes(wanted: Mapping[int, Film]) -> dict[int, list[Candidate]]:
    """Return movies whose title is each film's, or begins with it; with an article or without."""
    asked: list[tuple[int, str]] = []
    for place, film in wanted.items():
        title = normalise_title(film.title)
        bare = drop_leading_article(title)
        asked += [(place, name) for name in dict.fromkeys((title, bare, f"the {bare}"))]
    return _ask(NAMESAKES, asked, wanted)


def _find_likenesses(wanted: Mapping[int, Film]) -> dict[int, list[Candidate]]:
    """Return movies whose title resembles each film's."""
    asked = [
        (place, normalise_title(film.title)[:MAX_COMPARED_CHARACTERS])
        for place, film in wanted.items()
    ]
    return _ask(LIKENESSES, asked, wanted)


def _ask(
    query: str, asked: Sequence[tuple[int, str]], films: Mapping[int, Film]
) -> dict[int, list[Candidate]]:
    """Return scored candidates by place; those of no title asked for are empty."""
    found: dict[int, dict[int, Candidate]] = {place: {} for place in films}
    if not asked:
        return {}
    with transaction.atomic(), connection.cursor() as cursor:
        for name, value in SETTINGS.items():
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
        cursor.execute(
            query,
            {
                "places": [place for place, _title in asked],
                "titles": [title for _place, title in asked],
                "years": [films[place].year for place, _title in asked],
            },
        )
        rows = cursor.fetchall()
    for place, movie_id, title, year, rating_count in rows:
        score = score_titles(films[place].title, title)
        found[place][movie_id] = Candidate(movie_id, title, year, rating_count, score)
    return {place: list(ones.values()) for place, ones in found.items()}


def score_titles(given: str, known: str) -> float:
    """Return how alike two titles are, 0 to 100: the best of all names each is known by."""
    from rapidfuzz import fuzz  # noqa: PLC0415 - 2 MB that web processes need not hold

    return max(
        max(fuzz.ratio(one, other), fuzz.token_sort_ratio(one, other) - 2)
        for one in _list_names(given)
        for other in _list_names(known)
    )


def _list_names(title: str) -> set[str]:
    """Return the title, and where it has other names in parentheses, each of them."""
    whole = move_article(title)
    names = {whole}
    if inner := PARENTHESES.findall(whole)[:MAX_INNER_NAMES]:
        names.add(PARENTHESES.sub(" ", whole))
        names |= {AKA.sub("", name.strip()) for name in inner if not name.strip().isdecimal()}
    plain = {drop_leading_article(normalise_title(name)) for name in names}
    return (plain - {""}) or {title.casefold()}


def decide(film: Film, candidates: Sequence[Candidate]) -> Verdict:
    """Return the verdict on a film by its candidates: sure, doubtful with a choice, or none.

    Sure is one movie of the very title (or but for a typing error, its numbers the same) and of
    that year or one off, with no other that comes near. A title without a year is sure where it
    is the very title of one movie alone.
    """
    likely = sorted(
        (one for one in candidates if one.score >= LIKELY),
        key=lambda one: (-_rank(film, one), -one.rating_count, one.movie_id),
    )
    if not likely:
        return Verdict(Match.UNMATCHED)
    first, others = likely[0], likely[1:]
    ids = [one.movie_id for one in likely[:MAX_CANDIDATES]]
    is_clear = all(_rank(film, first) - _rank(film, other) >= CLEAR for other in others)
    if is_clear and _is_sure(film, first):
        return Verdict(Match.MATCHED, first.movie_id)
    return Verdict(Match.DOUBTFUL, None, ids)


def _rank(film: Film, one: Candidate) -> float:
    """Return the score less what a differing year costs."""
    if film.year is None or film.year == one.year:
        return one.score
    return one.score - (6.0 if one.year is not None else 8.0)


def _is_sure(film: Film, one: Candidate) -> bool:
    if film.year is None:
        return one.score >= 100
    if one.year is None or abs(one.year - film.year) > 1:
        return False
    if one.score >= 100:
        return True
    return (
        one.score >= SURE
        and one.year == film.year
        and _list_numbers(film.title) == _list_numbers(one.title)
    )


def _list_numbers(title: str) -> list[str]:
    """Return the numbers in a title, Roman ones too: what tells a film from its sequel."""
    return [word for word in normalise_title(title).split() if ROMAN.fullmatch(word)]
