"""What a person does with imports: starts, reviews, applies, undoes and discards them."""

import hashlib
import uuid
from datetime import timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from accounts.models import User
from catalog.import_models import HistoryImport, ImportedFilm, ImportedList
from catalog.importing.container import MAX_UPLOAD_BYTES, MIB
from catalog.importing.keeping import FOLDER, forget_films
from catalog.importing.notes import UploadRefusedError
from catalog.importing.queueing import queue_imports
from catalog.importing.working import delete_upload
from catalog.models import Movie
from catalog.ratings import lock_user, require_movie

MAX_OPEN = 5
MAX_A_DAY = 30
Match, Policy, Status = ImportedFilm.Match, HistoryImport.Policy, HistoryImport.Status
OPEN = (*HistoryImport.PENDING, Status.READY)
# Of all guests together: what waits for their reviews fills the database.
MAX_OPEN_OF_GUESTS = 500


class RepeatedUploadError(Exception):
    """This very file was uploaded before; carries that import."""

    def __init__(self, history_import: HistoryImport) -> None:
        super().__init__(f"import {history_import.pk}")
        self.history_import = history_import


class ImportNotReadyError(Exception):
    """The import is not at the point where this can be done; somebody was quicker."""


class NewerImportError(Exception):
    """A newer import changed the same films or lists and is to be undone first; carries it."""

    def __init__(self, history_import: HistoryImport) -> None:
        super().__init__(f"import {history_import.pk}")
        self.history_import = history_import


def start_import(
    *, user: User, upload: "UploadedFile[bytes]", is_repeat_wanted: bool = False
) -> HistoryImport:
    """Keep an upload and have a worker read it.

    Raises:
        UploadRefusedError: It is too large, or the person has too many imports at a time.
        RepeatedUploadError: The same file is being reviewed, or was applied and may not be again.
        UnknownUserError: The person is gone.
    """
    if upload.size is None or upload.size > MAX_UPLOAD_BYTES:
        raise UploadRefusedError(
            gettext_noop("The file has more than %(most)s MiB."), most=MAX_UPLOAD_BYTES // MIB
        )
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    stored_as = ""
    try:
        with transaction.atomic():
            owner = lock_user(user_id=user.pk)
            _check_repeat(owner, digest.hexdigest(), is_repeat_wanted=is_repeat_wanted)
            _check_number(owner)
            stored_as = default_storage.save(f"{FOLDER}/{uuid.uuid4().hex}", upload)
            batch = HistoryImport.objects.create(
                user=owner,
                file_name=_clean_name(upload.name),
                sha256=digest.hexdigest(),
                stored_as=stored_as,
            )
    except BaseException:
        if stored_as:
            default_storage.delete(stored_as)
        raise
    queue_imports(user_id=user.pk)
    return batch


def _clean_name(name: str | None) -> str:
    printable = "".join(character for character in name or "" if character.isprintable())
    return printable.strip()[-200:] or "upload"


def _check_repeat(owner: User, sha256: str, *, is_repeat_wanted: bool) -> None:
    same = HistoryImport.objects.filter(user=owner, sha256=sha256)
    still = same.filter(status__in=(*OPEN, Status.APPLIED)).order_by("-created_at").first()
    if still is not None and not (is_repeat_wanted and still.status == Status.APPLIED):
        raise RepeatedUploadError(still)


def _check_number(owner: User) -> None:
    of_guests = HistoryImport.objects.filter(user__is_guest=True, status__in=OPEN)
    if owner.is_guest and of_guests.count() >= MAX_OPEN_OF_GUESTS:
        raise UploadRefusedError(
            gettext_noop("Too many guests are importing: sign up to go on, or come back tomorrow.")
        )
    mine = HistoryImport.objects.filter(user=owner)
    if mine.filter(status__in=OPEN).count() >= MAX_OPEN:
        raise UploadRefusedError(
            gettext_noop("You have %(most)s imports that are not finished: apply or discard one."),
            most=MAX_OPEN,
        )
    if mine.filter(created_at__gt=timezone.now() - timedelta(days=1)).count() >= MAX_A_DAY:
        raise UploadRefusedError(
            gettext_noop("%(most)s imports a day are the most: come back tomorrow."), most=MAX_A_DAY
        )


def _lock_ready(user: User, import_id: int, *statuses: HistoryImport.Status) -> HistoryImport:
    """Lock the person, then one of their imports in one of these statuses."""
    owner = lock_user(user_id=user.pk)
    mine = HistoryImport.objects.select_for_update().filter(pk=import_id, user=owner)
    batch = mine.filter(status__in=statuses).first()
    if batch is None:
        raise ImportNotReadyError(f"import {import_id}")
    return batch


@transaction.atomic
def choose_movie(*, user: User, import_id: int, film_id: int, movie_id: int | None) -> ImportedFilm:
    """Say which movie a film of an import under review is; None leaves the film out.

    Raises:
        ImportNotReadyError: The import is not under review, or has no such film.
        UnknownMovieError: No movie has this id.
    """
    batch = _lock_ready(user, import_id, Status.READY)
    film = batch.films.filter(pk=film_id).first()
    if film is None:
        raise ImportNotReadyError(f"film {film_id}")
    if movie_id is not None:
        require_movie(movie_id=movie_id)
    film.movie_id = movie_id
    film.match = Match.REFUSED if movie_id is None else Match.MATCHED
    film.save(update_fields=["movie", "match"])
    return film


@transaction.atomic
def choose_list(*, user: User, import_id: int, list_id: int, is_wanted: bool) -> None:
    """Say whether a list of an import under review is to be imported.

    Raises:
        ImportNotReadyError: The import is not under review, or has no such list.
    """
    batch = _lock_ready(user, import_id, Status.READY)
    if not batch.lists.filter(pk=list_id).update(is_wanted=is_wanted):
        raise ImportNotReadyError(f"list {list_id}")


@transaction.atomic
def accept_suggestions(*, user: User, import_id: int) -> int:
    """Take the likeliest movie for every doubtful film; return how many were taken.

    Raises:
        ImportNotReadyError: The import is not under review.
    """
    batch = _lock_ready(user, import_id, Status.READY)
    doubtful = batch.films.filter(match=Match.DOUBTFUL)
    first = dict(doubtful.values_list("pk", "candidates__0"))
    known = set(Movie.objects.filter(pk__in=set(first.values())).values_list("pk", flat=True))
    accepted = [
        ImportedFilm(pk=pk, movie_id=movie_id, match=Match.MATCHED)
        for pk, movie_id in first.items()
        if movie_id in known
    ]
    ImportedFilm.objects.bulk_update(accepted, ["movie", "match"], batch_size=500)
    return len(accepted)


def request_apply(*, user: User, import_id: int, policy: str) -> None:
    """Have a worker apply a reviewed import; doubtful and unmatched films are left out.

    Raises:
        ImportNotReadyError: The import is not under review.
    """
    with transaction.atomic():
        batch = _lock_ready(user, import_id, Status.READY)
        batch.status, batch.policy, batch.attempts = Status.APPLYING, Policy(policy), 0
        batch.error = {}
        batch.save(update_fields=["status", "policy", "attempts", "error"])
    queue_imports(user_id=user.pk)


def request_undo(*, user: User, import_id: int) -> None:
    """Have a worker undo an applied import.

    Raises:
        ImportNotReadyError: It is not applied, or was too long ago.
        NewerImportError: A newer import changed some of the same films or lists: undo that first.
    """
    with transaction.atomic():
        batch = _lock_ready(user, import_id, Status.APPLIED)
        if not can_undo(batch):
            raise ImportNotReadyError(f"import {import_id}")
        touched = batch.films.exclude(outcome="").values("movie_id")
        lists = batch.lists.exclude(outcome="").values("film_list_id")
        same_films = ImportedFilm.objects.filter(movie__in=touched).exclude(outcome="")
        same_lists = ImportedList.objects.filter(film_list__in=lists).exclude(outcome="")
        newer = HistoryImport.objects.filter(
            Q(films__in=same_films) | Q(lists__in=same_lists),
            user_id=batch.user_id,
            status__in=(Status.APPLIED, Status.UNDOING),
            applied_at__gt=batch.applied_at,
        )
        if later := newer.order_by("-applied_at").first():
            raise NewerImportError(later)
        batch.status, batch.attempts, batch.error = Status.UNDOING, 0, {}
        batch.save(update_fields=["status", "attempts", "error"])
    queue_imports(user_id=user.pk)


def can_undo(batch: HistoryImport) -> bool:
    """Return whether an import is applied and recent enough to be undone."""
    if batch.status != Status.APPLIED or batch.applied_at is None:
        return False
    return timezone.now() < batch.applied_at + timedelta(days=settings.IMPORT_UNDO_DAYS)


def discard_import(*, user: User, import_id: int) -> None:
    """Give up an import that waits or is under review, with all that was read.

    Raises:
        ImportNotReadyError: It is beyond that.
    """
    with transaction.atomic():
        batch = _lock_ready(user, import_id, Status.QUEUED, Status.READY)
        forget_films(batch)
        batch.status = Status.DISCARDED
        batch.save(update_fields=["status"])
    delete_upload(batch)
