"""What people and workers do with imports, in few words."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from catalog.importing import services
from catalog.importing.working import work_imports
from catalog.models import (
    DiaryEntry,
    FilmList,
    FilmListEntry,
    HistoryImport,
    MovieNote,
    Rating,
    SeenMovie,
    WatchlistEntry,
)
from tests.catalog.importing.exports import RATINGS, make_csv, make_letterboxd


def upload(user: User, content: bytes | None = None, name: str = "export.zip") -> HistoryImport:
    data = make_letterboxd() if content is None else content
    return services.start_import(user=user, upload=SimpleUploadedFile(name, data))


def upload_ratings(user: User, *rows: tuple[str, str, int, float]) -> HistoryImport:
    lines = [[date, title, year, "u", stars] for date, title, year, stars in rows]
    return upload(user, make_csv(RATINGS, *lines).encode(), "ratings.csv")


def work(batch: HistoryImport) -> HistoryImport:
    work_imports(user_id=batch.user_id)
    batch.refresh_from_db()
    return batch


def apply(batch: HistoryImport, policy: str = "keep") -> HistoryImport:
    work(batch)
    services.request_apply(user=batch.user, import_id=batch.pk, policy=policy)
    return work(batch)


def undo(batch: HistoryImport) -> HistoryImport:
    services.request_undo(user=batch.user, import_id=batch.pk)
    return work(batch)


def get_stars(user: User) -> dict[int, float]:
    return {rating.movie_id: float(rating.stars) for rating in Rating.objects.filter(user=user)}


def snapshot(user: User) -> list[Any]:
    return [
        list(Rating.objects.filter(user=user).order_by("id").values()),
        list(WatchlistEntry.objects.filter(user=user).order_by("id").values()),
        list(SeenMovie.objects.filter(user=user).order_by("id").values()),
        list(FilmList.objects.filter(user=user).order_by("id").values()),
        list(FilmListEntry.objects.filter(film_list__user=user).order_by("id").values()),
        list(MovieNote.objects.filter(user=user).order_by("id").values()),
        list(DiaryEntry.objects.filter(user=user).order_by("id").values()),
    ]
