"""What people do to their taste: answers at the door, hidden films, and the version of it all."""

from collections.abc import Collection
from dataclasses import asdict

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from catalog.models import Genre
from catalog.services import lock_user, require_movie
from recommender.dials import Dials
from recommender.feedback.noting import note_after_commit
from recommender.model_versions import (
    UnknownModelVersionError,
    UnusableModelError,
    activate_model_version,
    install_model,
    install_shipped_model,
    roll_back,
)
from recommender.models import MOST_YEARS, AgeBand, Event, HiddenMovie, TasteProfile

__all__ = [
    "InvalidDialError",
    "UnknownAgeBandError",
    "UnknownGenreError",
    "UnknownModelVersionError",
    "UnusableModelError",
    "activate_model_version",
    "bump_taste",
    "exclude_genres",
    "hide_movie",
    "install_model",
    "install_shipped_model",
    "roll_back",
    "save_onboarding",
    "save_wishes",
    "set_dials",
    "unhide_movie",
]


class InvalidDialError(Exception):
    """A dial was turned beyond its end; the message says how far it goes."""


class UnknownGenreError(Exception):
    """A genre that is not in the catalogue was named."""


class UnknownAgeBandError(Exception):
    """An age that is none of the bands was given; the message lists them."""


def bump_taste(*, user_id: int) -> None:
    """Mark this person's cached answers stale: one upsert, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO recommender_tasteprofile (user_id, version) VALUES (%s, 1) "
            "ON CONFLICT (user_id) DO UPDATE SET version = recommender_tasteprofile.version + 1",
            [user_id],
        )


def save_onboarding(
    *, user: User, genre_ids: Collection[int], age_band: int | None = None
) -> TasteProfile:
    """Keep the answers given at the door (none is an answer too) and when they were given.

    `age_band` is one of `AgeBand`; None forgets what was said before.

    Raises:
        UnknownUserError: the person is gone.
        UnknownGenreError: one of `genre_ids` is no genre of the catalogue.
        UnknownAgeBandError: `age_band` is none of the bands.
    """
    wanted = set(genre_ids)
    if age_band is not None and age_band not in AgeBand.values:
        raise UnknownAgeBandError(f"{age_band} is no age band. There are: {AgeBand.values}.")
    with transaction.atomic():
        lock_user(user_id=user.pk)
        genres = _find_genres(wanted)
        bump_taste(user_id=user.pk)
        profile = TasteProfile.objects.get(user=user)
        profile.favourite_genres.set(genres)
        profile.excluded_genres.remove(*genres)
        profile.age_band = age_band
        profile.onboarded_at = timezone.now()
        profile.save(update_fields=["age_band", "onboarded_at"])
    return profile


def _find_genres(wanted: set[int]) -> list[Genre]:
    genres = list(Genre.objects.filter(pk__in=wanted))
    if missing := wanted - {genre.pk for genre in genres}:
        raise UnknownGenreError(f"No genre has the id {min(missing)}.")
    return genres


def exclude_genres(*, user: User, genre_ids: Collection[int]) -> None:
    """Show no film of these genres to this person from now on, and of all others again.

    A genre that is excluded is no favourite any more.

    Raises:
        UnknownUserError: the person is gone.
        UnknownGenreError: one of `genre_ids` is no genre of the catalogue.
    """
    with transaction.atomic():
        lock_user(user_id=user.pk)
        genres = _find_genres(set(genre_ids))
        bump_taste(user_id=user.pk)
        profile = TasteProfile.objects.get(user=user)
        profile.excluded_genres.set(genres)
        profile.favourite_genres.remove(*genres)


def set_dials(*, user: User, dials: Dials) -> None:
    """Turn a person's dials for good; their next answer follows them.

    Raises:
        InvalidDialError: one is outside its range.
        UnknownUserError: the person is gone.
    """
    ends = (dials.obscurity, dials.adventure, dials.newness)
    if any(abs(value) > 1 for value in ends) or not 0 <= (dials.variety or 0.0) <= 1:
        raise InvalidDialError("A dial goes from -1 to 1, variety from 0 to 1.")
    if not 0 <= (dials.last_years or 0) <= MOST_YEARS:
        raise InvalidDialError(f"The last years are 1 to {MOST_YEARS}.")
    with transaction.atomic():
        lock_user(user_id=user.pk)
        bump_taste(user_id=user.pk)
        kept = {**asdict(dials), "last_years": dials.last_years or None}
        TasteProfile.objects.filter(pk=user.pk).update(**kept)


@transaction.atomic
def save_wishes(*, user: User, dials: Dials, excluded_genre_ids: Collection[int]) -> None:
    """Turn a person's dials and exclude genres, both or neither.

    Raises:
        InvalidDialError: a dial is outside its range.
        UnknownGenreError: one of the genres is none of the catalogue.
        UnknownUserError: the person is gone.
    """
    set_dials(user=user, dials=dials)
    exclude_genres(user=user, genre_ids=excluded_genre_ids)


def hide_movie(*, user: User, movie_id: int, origin: str = "") -> None:
    """Never show this film to this person again; hiding it twice changes nothing.

    `origin` is the recommendation it was hidden from, where known.

    Raises:
        UnknownMovieError: no movie has this id.
        UnknownUserError: the person is gone.
    """
    require_movie(movie_id=movie_id)
    with transaction.atomic():
        lock_user(user_id=user.pk)
        _, is_new = HiddenMovie.objects.get_or_create(user=user, movie_id=movie_id)
        if is_new:
            bump_taste(user_id=user.pk)
            note_after_commit(user=user, movie_id=movie_id, kind=Event.Kind.HIDDEN, origin=origin)


def unhide_movie(*, user: User, movie_id: int) -> None:
    """Let this film be shown to this person again; nothing happens where it was not hidden."""
    with transaction.atomic():
        lock_user(user_id=user.pk)
        deleted, _ = HiddenMovie.objects.filter(user=user, movie_id=movie_id).delete()
        if deleted:
            bump_taste(user_id=user.pk)
