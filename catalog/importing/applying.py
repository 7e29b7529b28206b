"""A reviewed import becomes ratings, and can be undone: each in one transaction."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from catalog.bulk_ratings import RatingState, change_ratings
from catalog.diary_models import DiaryEntry
from catalog.import_models import HistoryImport, ImportedFilm, SeenMovie
from catalog.importing.days import add_days, plan_days, remove_days
from catalog.importing.film_lists import add_lists, remove_lists
from catalog.importing.folding import fold_films, get_place
from catalog.importing.keeping import forget_films
from catalog.importing.marks import add_marks, remove_marks
from catalog.importing.movie_notes import add_notes, remove_notes
from catalog.models import Rating, WatchlistEntry
from catalog.ratings import lock_user

Match, Outcome = ImportedFilm.Match, ImportedFilm.Outcome
Policy, Status = HistoryImport.Policy, HistoryImport.Status
SAVE_OUTCOMES = """
    UPDATE catalog_importedfilm AS film
    SET outcome = done.outcome, before = done.before::jsonb, after = done.after::jsonb,
        has_listed = done.has_listed, has_marked_seen = done.has_marked_seen,
        days = done.days::jsonb, marks = done.marks::jsonb, has_noted = done.has_noted,
        note = done.note
    FROM unnest(
        %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bool[], %s::bool[], %s::text[],
        %s::text[], %s::bool[], %s::text[]
    ) AS done(
        id, outcome, before, after, has_listed, has_marked_seen, days, marks, has_noted, note
    )
    WHERE film.id = done.id
"""


@dataclass(slots=True)
class Changes:
    """What is to be done to a person's things."""

    added: list[RatingState] = field(default_factory=list)
    changed: list[RatingState] = field(default_factory=list)
    removed: list[RatingState] = field(default_factory=list)
    seen: list[SeenMovie] = field(default_factory=list)
    unseen: list[int] = field(default_factory=list)
    listed: list[WatchlistEntry] = field(default_factory=list)
    unlisted: list[int] = field(default_factory=list)
    days: list[DiaryEntry] = field(default_factory=list)
    kept: int = 0

    def make(self, user: User) -> None:
        """Do it, inside the caller's transaction."""
        change_ratings(
            user=user,
            added=self.added,
            changed=self.changed,
            removed=self.removed,
            seen=self.seen,
            unseen=self.unseen,
        )
        WatchlistEntry.objects.bulk_create(self.listed, batch_size=2000, ignore_conflicts=True)
        WatchlistEntry.objects.filter(user=user, movie_id__in=self.unlisted).delete()
        is_told = any((self.added, self.changed, self.removed, self.seen, self.unseen))
        add_days(user, self.days, is_told=is_told)


@transaction.atomic
def apply_import(*, history_import: HistoryImport) -> None:
    """Turn what is matched into ratings, lists, notes and all the rest; all of it or nothing.

    Nothing happens where the import is no longer to be applied.

    Raises:
        UnknownUserError: The person is gone.
    """
    found = _lock(history_import, Status.APPLYING)
    if found is None:
        return
    batch, owner = found
    matched = batch.films.filter(match=Match.MATCHED, movie__isnull=False).order_by("position")
    films = fold_films(matched)
    changes = _plan(batch, owner, films)
    changes.days = plan_days(owner, films)
    changes.make(owner)
    others = add_notes(owner, films) | add_marks(owner, films) | add_lists(owner, batch)
    _save_outcomes(batch, films)
    batch.status, batch.applied_at, batch.attempts = Status.APPLIED, timezone.now(), 0
    batch.summary = {
        "added": len(changes.added),
        "changed": len(changes.changed),
        "kept": changes.kept,
        "seen": len(changes.seen),
        "listed": len(changes.listed),
        "days": len(changes.days),
        "left_out": batch.films.exclude(match=Match.MATCHED).count(),
        **others,
    }
    batch.save()


def _lock(
    history_import: HistoryImport, status: HistoryImport.Status
) -> tuple[HistoryImport, User] | None:
    """Lock the person, then the import; None where it is not in this status any more."""
    owner = lock_user(user_id=history_import.user_id)
    batch = (
        HistoryImport.objects.select_for_update()
        .filter(pk=history_import.pk, user=owner, status=status)
        .first()
    )
    return None if batch is None else (batch, owner)


def _plan(batch: HistoryImport, owner: User, films: list[ImportedFilm]) -> Changes:
    """Compare the films with what the person has, and note on each what is done."""
    mine = {rating.movie_id: rating for rating in Rating.objects.filter(user=owner)}
    seen = set(SeenMovie.objects.filter(user=owner).values_list("movie_id", flat=True))
    listed = set(WatchlistEntry.objects.filter(user=owner).values_list("movie_id", flat=True))
    changes, now = Changes(), timezone.now()
    for film in films:
        assert film.movie_id is not None  # noqa: S101 - the query has seen to it
        rating = mine.get(film.movie_id)
        if film.stars is not None:
            _plan_rating(changes, batch, film, rating, now)
        elif film.is_seen and rating is None and film.movie_id not in seen:
            film.has_marked_seen = True
            changes.seen.append(
                SeenMovie(user=owner, movie_id=film.movie_id, watched_at=film.watched_at)
            )
        if film.is_listed and film.movie_id not in listed:
            film.has_listed = True
            entry = WatchlistEntry(
                user=owner, movie_id=film.movie_id, added_at=film.listed_at or now
            )
            changes.listed.append(entry)
    return changes


def _plan_rating(
    changes: Changes,
    batch: HistoryImport,
    film: ImportedFilm,
    rating: Rating | None,
    now: datetime,
) -> None:
    stars, movie_id, place = film.stars, film.movie_id, get_place(film)
    assert stars is not None  # noqa: S101 - the caller has seen to it
    assert movie_id is not None  # noqa: S101 - the caller has seen to it
    rated_at = film.rated_at or film.watched_at or now
    is_date_known = film.watched_at is not None
    if rating is None:
        state = RatingState(movie_id, stars, place or now, rated_at, is_date_known)
        film.outcome, film.after = Outcome.ADDED, _freeze(state)
        changes.added.append(state)
        return
    if place is None or (rating.is_date_known and not is_date_known):
        place, is_date_known = rating.watched_at, rating.is_date_known
    state = RatingState(movie_id, stars, place, rated_at, is_date_known)
    is_same = (rating.stars, rating.watched_at) == (state.stars, state.watched_at)
    if is_same or not _is_wanted(batch, film, rating):
        changes.kept += 1
        return
    before = RatingState(
        movie_id, rating.stars, rating.watched_at, rating.updated_at, rating.is_date_known
    )
    film.outcome, film.before, film.after = Outcome.CHANGED, _freeze(before), _freeze(state)
    changes.changed.append(state)


def _is_wanted(batch: HistoryImport, film: ImportedFilm, rating: Rating) -> bool:
    """Return whether the file's stars take the place of the person's own."""
    if batch.policy == Policy.NEWEST:
        given_at = film.rated_at or film.watched_at
        return given_at is not None and given_at > rating.updated_at
    return batch.policy == Policy.REPLACE


def _freeze(state: RatingState) -> dict[str, Any]:
    return {
        "stars": str(state.stars),
        "watched_at": state.watched_at.isoformat(),
        "rated_at": state.rated_at.isoformat(),
        "is_date_known": state.is_date_known,
    }


def _thaw(movie_id: int, kept: dict[str, Any]) -> RatingState:
    return RatingState(
        movie_id,
        Decimal(kept["stars"]),
        datetime.fromisoformat(kept["watched_at"]),
        datetime.fromisoformat(kept["rated_at"]),
        kept.get("is_date_known", False),
    )


def _save_outcomes(batch: HistoryImport, films: list[ImportedFilm]) -> None:
    # What the file says and was here already, or is told by another film, is not undo's to take.
    batch.films.exclude(days=[], marks={}).update(days=[], marks={})
    marks = ("outcome", "has_listed", "has_marked_seen", "days", "has_noted", "marks")
    done = [film for film in films if any(getattr(film, mark) for mark in marks)]

    def dump(kept: dict[str, Any] | None) -> str | None:
        return None if kept is None else json.dumps(kept)

    with connection.cursor() as cursor:
        cursor.execute(
            SAVE_OUTCOMES,
            [
                [film.pk for film in done],
                [str(film.outcome) for film in done],
                [dump(film.before) for film in done],
                [dump(film.after) for film in done],
                [film.has_listed for film in done],
                [film.has_marked_seen for film in done],
                [json.dumps(film.days) for film in done],
                [json.dumps(film.marks) for film in done],
                [film.has_noted for film in done],
                [film.note for film in done],
            ],
        )


@transaction.atomic
def undo_import(*, history_import: HistoryImport) -> None:
    """Put back what an import changed, exactly; what was changed by hand since then stays.

    Nothing happens where the import is no longer to be undone.

    Raises:
        UnknownUserError: The person is gone.
    """
    locked = _lock(history_import, Status.UNDOING)
    if locked is None:
        return
    batch, owner = locked
    changes = _plan_undo(batch, owner)
    # What was taken back by hand meanwhile is nothing that undo takes.
    unlisted = WatchlistEntry.objects.filter(user=owner, movie_id__in=changes.unlisted).count()
    unseen = SeenMovie.objects.filter(user=owner, movie_id__in=changes.unseen).count()
    changes.make(owner)
    found = batch.films.filter(movie__isnull=False)
    days = remove_days(owner, found.exclude(days=[]))
    others = (
        remove_notes(owner, found.filter(has_noted=True))
        | remove_marks(owner, found.exclude(marks={}))
        | remove_lists(batch)
    )
    forget_films(batch)
    batch.status, batch.attempts = Status.UNDONE, 0
    batch.summary = {
        "removed": len(changes.removed),
        "restored": len(changes.changed),
        "kept": changes.kept,
        "seen": unseen,
        "listed": unlisted,
        "days": days,
        **others,
    }
    batch.save()


def _plan_undo(batch: HistoryImport, owner: User) -> Changes:
    mine = {rating.movie_id: rating for rating in Rating.objects.filter(user=owner)}
    changes = Changes()
    for film in batch.films.filter(movie__isnull=False).order_by("position"):
        assert film.movie_id is not None  # noqa: S101 - the query has seen to it
        if film.has_listed:
            changes.unlisted.append(film.movie_id)
        if film.has_marked_seen:
            changes.unseen.append(film.movie_id)
        if not film.outcome or film.after is None:
            continue
        rating, after = mine.get(film.movie_id), _thaw(film.movie_id, film.after)
        if rating is None or (rating.stars, rating.watched_at) != (after.stars, after.watched_at):
            changes.kept += 1
        elif film.before is None:
            changes.removed.append(after)
        else:
            changes.changed.append(_thaw(film.movie_id, film.before))
    return changes
