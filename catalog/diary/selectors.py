"""Reads of the diary and of notes."""

from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncMonth
from django.utils import timezone

from accounts.models import User
from catalog.diary_models import DiaryEntry, MovieNote


@dataclass(frozen=True, slots=True)
class DiaryMonth:
    """A month of a diary, by its first day, and how many films it has."""

    first_day: date
    count: int

    @property
    def key(self) -> str:
        """The month as an address has it, such as 2026-11."""
        return f"{self.first_day:%Y-%m}"


def get_entries(*, user: User | None) -> QuerySet[DiaryEntry]:
    """Return somebody's diary, last watched first, movies and genres fetched along."""
    entries = DiaryEntry.objects.filter(user=user) if user else DiaryEntry.objects.none()
    return entries.select_related("movie").prefetch_related("movie__genres")


def get_months(*, user: User | None) -> list[DiaryMonth]:
    """Return the months that have entries, latest first; one query."""
    if user is None:
        return []
    months = DiaryEntry.objects.filter(user=user).annotate(month=TruncMonth("watched_on"))
    counted = months.order_by("-month").values("month").annotate(count=Count("id"))
    return [DiaryMonth(*row) for row in counted.values_list("month", "count")]


def get_entry(*, user: User | None, entry_id: int) -> DiaryEntry | None:
    """Return one of somebody's own entries with its movie, or None; one query."""
    entries = DiaryEntry.objects.filter(user=user, pk=entry_id) if user else None
    return entries.select_related("movie").first() if entries is not None else None


def get_entries_of_movie(*, user: User | None, movie_id: int) -> list[DiaryEntry]:
    """Return when somebody watched a movie, last first; one query, none for somebody new."""
    if user is None:
        return []
    return list(DiaryEntry.objects.filter(user=user, movie_id=movie_id))


def get_note(*, user: User | None, movie_id: int) -> str:
    """Return what somebody wrote about a movie, or nothing; one query."""
    if user is None:
        return ""
    notes = MovieNote.objects.filter(user=user, movie_id=movie_id)
    return notes.values_list("text", flat=True).first() or ""


def find_watched_at(*, user_id: int, movie_id: int) -> datetime | None:
    """Return when somebody last watched a movie by their diary, None where it is not there.

    That is noon of the day; today, it is now. One query.
    """
    days = DiaryEntry.objects.filter(user_id=user_id, movie_id=movie_id)
    day = days.values_list("watched_on", flat=True).first()
    if day is None:
        return None
    if day >= timezone.localdate():
        return timezone.now()
    return timezone.make_aware(datetime.combine(day, time(12)))
