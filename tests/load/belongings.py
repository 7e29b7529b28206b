"""What those whose pages are measured have besides ratings, and what is known of all films.

Diary, watchlist, lists, an import under review and movie nights in every stage; runtimes and people
for most films, for without them pages that show or ask for these would have nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from catalog.diary_models import DiaryEntry, MovieNote
from catalog.import_models import HistoryImport, ImportedFilm
from catalog.list_models import FilmList, FilmListEntry
from catalog.models import Movie, WatchlistEntry
from catalog.services import bump_catalogue_version
from recommender.models import HiddenMovie
from recommender.night import voting
from recommender.night.models import MovieNight, NightMember
from tests.load.population import Person

RATINGS = 300
FILMS_IMPORTED = 3000
FILMS_LISTED, LISTS, DAYS, WATCHLIST, HIDDEN = 200, 12, 250, 120, 60
_FACTS_SQL = """
UPDATE catalog_movie SET runtime_minutes = 60 + id * 7 %% 120 WHERE id %% 10 < 7;
INSERT INTO catalog_person (name) SELECT 'Person ' || n FROM generate_series(1, 20000) AS n;
INSERT INTO catalog_credit (movie_id, person_id, job, "order", character, source)
SELECT movie.id, person.first + (movie.id * 31 + place * 7919) %% 20000,
       CASE WHEN place = 0 THEN 'director' ELSE 'actor' END, greatest(place - 1, 0), '', 'operator'
FROM catalog_movie AS movie, generate_series(0, 6) AS place,
     (SELECT min(id) AS first FROM catalog_person) AS person
WHERE movie.id %% 10 < 7 ON CONFLICT DO NOTHING;
ANALYZE;
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody with belongings, and the keys their pages are found by."""

    person: Person
    seen_id: int
    unseen_id: int
    list_id: int
    share_key: str
    entry_id: int
    import_id: int
    night_ids: dict[str, int]


def make_facts_known() -> None:
    """Give most films a length and people, unless an earlier run has."""
    if Movie.objects.filter(runtime_minutes__isnull=False).exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(_FACTS_SQL.replace("%%", "%"))
    bump_catalogue_version()


def furnish(people: Iterable[Person], *, count: int) -> list[Owner]:
    """Return so many of these people, those of about 300 ratings, with all that pages show."""
    known = {person.user_id: person for person in people}
    users = User.objects.filter(pk__in=known).annotate(rated=Count("ratings"))
    chosen = sorted(users, key=lambda user: (abs(user.rated - RATINGS), user.pk))[:count]
    return [_furnish_one(known[user.pk], user, chosen) for user in chosen]


def _furnish_one(person: Person, user: User, others: Sequence[User]) -> Owner:
    seen = list(user.ratings.order_by("-watched_at", "id").values_list("movie_id", flat=True))
    popular = Movie.objects.exclude(pk__in=seen).order_by("-rating_count", "id")
    unseen = list(popular.values_list("pk", flat=True)[: FILMS_LISTED + WATCHLIST + HIDDEN])
    hidden, unseen = unseen[:HIDDEN], unseen[HIDDEN:]
    HiddenMovie.objects.filter(user=user).delete()
    HiddenMovie.objects.bulk_create(HiddenMovie(user=user, movie_id=pk) for pk in hidden)
    WatchlistEntry.objects.filter(user=user).delete()
    WatchlistEntry.objects.bulk_create(
        WatchlistEntry(user=user, movie_id=pk) for pk in unseen[:WATCHLIST]
    )
    film_list = _make_lists(user, unseen[:FILMS_LISTED])
    entry = _write_diary(user, seen)
    return Owner(
        person=person,
        seen_id=seen[0],
        unseen_id=unseen[0],
        list_id=film_list.pk,
        share_key=str(film_list.share_key),
        entry_id=entry.pk,
        import_id=_import_films(user).pk,
        night_ids=_hold_nights(user, [other for other in others if other != user][:5]),
    )


def _make_lists(user: User, movie_ids: list[int]) -> FilmList:
    FilmList.objects.filter(user=user).delete()
    lists = [FilmList(user=user, name=f"List {number}") for number in range(LISTS)]
    lists[0].set_public(is_public=True)
    FilmList.objects.bulk_create(lists)
    FilmListEntry.objects.bulk_create(
        FilmListEntry(film_list=each, movie_id=pk, position=place)
        for each in lists
        for place, pk in enumerate(movie_ids, start=1)
    )
    return lists[0]


def _write_diary(user: User, movie_ids: list[int]) -> DiaryEntry:
    DiaryEntry.objects.filter(user=user).delete()
    MovieNote.objects.filter(user=user).delete()
    today = date.today()  # noqa: DTZ011 - any recent days will do
    entries = [
        DiaryEntry(user=user, movie_id=pk, watched_on=today - timedelta(days=3 * ago), note="Good.")
        for ago, pk in enumerate(movie_ids[:DAYS])
    ]
    MovieNote.objects.create(user=user, movie_id=movie_ids[0], text="Seen with friends.")
    return DiaryEntry.objects.bulk_create(entries)[0]


def _import_films(user: User) -> HistoryImport:
    """Lay a large file before somebody for review, a tenth of its films doubtful."""
    HistoryImport.objects.filter(user=user).delete()
    batch = HistoryImport.objects.create(
        user=user, file_name="ratings.csv", sha256="0" * 64, format="letterboxd", status="ready",
        films_done=FILMS_IMPORTED, films_total=FILMS_IMPORTED,
    )  # fmt: skip
    titles = Movie.objects.order_by("-rating_count", "id").values_list("pk", "title", "year")
    found = list(titles[:FILMS_IMPORTED])
    ImportedFilm.objects.bulk_create(
        ImportedFilm(
            history_import=batch, position=place, where=f"ratings.csv:{place}", title=title,
            year=year, stars="4.0", match="doubtful" if place % 10 == 0 else "matched", movie_id=pk,
            candidates=[pk, found[place - 1][0], found[place - 2][0]], rated_at=timezone.now(),
        )
        for place, (pk, title, year) in enumerate(found)
    )  # fmt: skip
    return batch


def _hold_nights(host: User, guests: list[User]) -> dict[str, int]:
    """Open a night of six for each stage; in the last one the vote is decided."""
    MovieNight.objects.filter(members__user=host, members__is_host=True).delete()
    ids = {}
    for stage in MovieNight.Status.values:
        night = MovieNight.objects.create(rule=MovieNight.Rule.WITHOUT_MISERY)
        NightMember.objects.bulk_create(
            NightMember(night=night, user=user, name=f"Seat {seat}", seat=seat, is_host=seat == 1)
            for seat, user in enumerate([host, *guests], start=1)
        )
        if stage != MovieNight.Status.GATHERING:
            voting.start_vote(host=host, night_id=night.pk)
        if stage == MovieNight.Status.DECIDED:
            chosen = list(night.films.values_list("pk", flat=True)[:3])
            voting.cast_ballot(user=host, night_id=night.pk, round_number=1, film_ids=chosen)
            voting.close_vote(host=host, night_id=night.pk)
        ids[str(stage)] = night.pk
    return ids
