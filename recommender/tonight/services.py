"""What people do about the evening: say which services they have, and answer the films shown."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.personal_data import ExportedFile, write_json
from catalog.diary.services import AlreadyInDiaryError, Viewing, add_entry
from catalog.diary_models import DiaryEntry
from catalog.models import SeenMovie, Service
from catalog.services import lock_user
from catalog.signals import diary_changed
from recommender.models import ChosenService, HiddenMovie
from recommender.services import bump_taste


class UnknownServiceError(Exception):
    """A streaming service that is not in the catalogue was named."""


def choose_services(*, user: User, service_ids: Collection[int]) -> None:
    """Remember which streaming services somebody has, in place of those they had before.

    Raises:
        UnknownServiceError: one of `service_ids` is no service's.
        UnknownUserError: the person is gone.
    """
    wanted = set(service_ids)
    known = set(Service.objects.filter(pk__in=wanted).values_list("pk", flat=True))
    if missing := wanted - known:
        raise UnknownServiceError(f"No service has the id {min(missing)}.")
    with transaction.atomic():
        lock_user(user_id=user.pk)
        mine = ChosenService.objects.filter(user=user)
        mine.exclude(service_id__in=wanted).delete()
        ChosenService.objects.bulk_create(
            [ChosenService(user=user, service_id=pk) for pk in sorted(wanted)],
            ignore_conflicts=True,
        )


def start_watching(*, user: User, movie_id: int, origin: str = "") -> None:
    """Write into the diary that a film is watched today; twice a day is once.

    Raises:
        InvalidEntryError: the diary is full.
        UnknownMovieError: no movie has this id.
        UnknownUserError: the person is gone.
    """
    today = Viewing(timezone.localdate())
    # Where it is there already, that is what was asked for.
    with suppress(AlreadyInDiaryError):
        add_entry(user=user, movie_id=movie_id, viewing=today, origin=origin)


@transaction.atomic
def take_back_answer(*, user: User, movie_id: int) -> None:
    """Forget that a film was called seen, not wanted, or watched today; it may come up again.

    Raises:
        UnknownUserError: the person is gone.
    """
    lock_user(user_id=user.pk)
    same = {"user": user, "movie_id": movie_id}
    today = DiaryEntry.objects.filter(**same, watched_on=timezone.localdate(), note="")
    deleted = [
        rows.delete()[0]
        for rows in (
            SeenMovie.objects.filter(**same, watched_at=None),
            HiddenMovie.objects.filter(**same),
            today,
        )
    ]
    if deleted[2]:
        diary_changed.send(sender=DiaryEntry, user=user, movie_id=movie_id, viewing=None, origin="")
    elif any(deleted):
        bump_taste(user_id=user.pk)


def merge_services(*, guest: User, user: User) -> None:
    """Give a guest's services to the account they signed up or logged in to, if it has none."""
    if not ChosenService.objects.filter(user=user).exists():
        ChosenService.objects.filter(user=guest).update(user=user)


def export_services(user: User) -> Iterable[ExportedFile]:
    """Return which streaming services somebody has."""
    yield ExportedFile("json/services.json", write_json(_read_services(user)))


def _read_services(user: User) -> Iterator[dict[str, object]]:
    chosen = ChosenService.objects.filter(user=user).order_by("service__name")
    for name in chosen.values_list("service__name", flat=True):
        yield {"service": name}
