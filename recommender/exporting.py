"""What the recommender knows of a person, for their export."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import F, QuerySet

from accounts.models import User
from accounts.personal_data import ExportedFile, write_csv, write_json
from catalog.exporting import FILM, FILM_COLUMNS, FILM_FIELDS, ROWS_AT_ONCE
from recommender.dials import DIALS
from recommender.models import (
    Event,
    Exposure,
    HiddenMovie,
    Impression,
    MutedReason,
    RowDecision,
    TasteProfile,
)


def export_taste(user: User) -> Iterable[ExportedFile]:
    """Return somebody's answers, what they hid and muted, were shown and did with it."""
    hidden = HiddenMovie.objects.filter(user=user).order_by("id")
    rows = _iterate(hidden.values_list(*FILM_FIELDS, "hidden_at"))
    yield ExportedFile("hidden.csv", write_csv((*FILM_COLUMNS, "HiddenAt"), rows))
    yield _as_json("hidden", hidden.values("movie_id", "hidden_at", **FILM))
    muted = MutedReason.objects.filter(user=user).order_by("id")
    rows = _iterate(muted.values_list(*FILM_FIELDS, "muted_at"))
    yield ExportedFile("muted.csv", write_csv((*FILM_COLUMNS, "MutedAt"), rows))
    yield _as_json("muted-reasons", muted.values("movie_id", "muted_at", **FILM))
    yield ExportedFile("json/taste.json", write_json(_read_taste(user)))
    shown = Impression.objects.filter(user=user).order_by("id")
    columns = ("recommendation_id", "movie_id", "surface", "row", "rank", "shown_at")
    yield _as_json("shown", shown.values(*columns))
    done = Event.objects.filter(user=user).order_by("id")
    yield _as_json("done", done.values("recommendation_id", "movie_id", "kind", "happened_at"))
    exposures = Exposure.objects.filter(user=user).order_by("id")
    names = {"experiment_name": F("experiment__name"), "arm_name": F("arm__name")}
    yield _as_json("experiments", exposures.values("first_at", **names))
    decisions = RowDecision.objects.filter(user=user).order_by("id")
    columns = ("recommendation_id", "context", "candidates", "chosen", "is_clicked", "decided_at")
    yield _as_json("home-rows", decisions.values(*columns))


def _iterate(rows: QuerySet[Any, Any]) -> Iterator[Any]:
    return rows.iterator(chunk_size=ROWS_AT_ONCE)


def _as_json(name: str, rows: QuerySet[Any, Any]) -> ExportedFile:
    return ExportedFile(f"json/{name}.json", write_json(_iterate(rows)))


def _read_taste(user: User) -> Iterator[dict[str, object]]:
    profile = TasteProfile.objects.filter(user=user).first()
    if profile is None:
        return
    genres = profile.favourite_genres.order_by("name").values_list("name", flat=True)
    excluded = profile.excluded_genres.order_by("name").values_list("name", flat=True)
    yield {
        "favourite_genres": list(genres),
        "excluded_genres": list(excluded),
        "age": profile.get_age_band_display() if profile.age_band else None,
        "answered_at": profile.onboarded_at,
        **{name: getattr(profile, name) for name in DIALS},
    }
