"""What a worker does with imports: reads, applies and undoes them, one person's one by one."""

from collections.abc import Callable, Sequence

import structlog
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop

from catalog.import_models import HistoryImport, ImportedFilm
from catalog.importing.applying import apply_import, undo_import
from catalog.importing.contents import Film, Upload
from catalog.importing.film_lists import keep_lists
from catalog.importing.limits import check_size, make_budget
from catalog.importing.matching import Verdict, match_films
from catalog.importing.notes import UploadRefusedError, make_note
from catalog.importing.parsing import parse_upload
from catalog.ratings import UnknownUserError, lock_user
from movieshow.advisory_locks import try_advisory_lock

logger = structlog.get_logger(__name__)

IMPORT_LOCK = 0x496D706F  # "Impo": with a person's id, held by the one worker of their imports
MAX_ATTEMPTS = 3
TOO_MANY_MISSPELT = gettext_noop(
    "Too many titles are not those of any film here: what resembles %(count)s of them was not "
    "looked for. You can look for each by hand."
)
Match, Status = ImportedFilm.Match, HistoryImport.Status


class _GoneError(Exception):
    """The import was discarded, or its person deleted, while it was read."""


def work_imports(*, user_id: int) -> int:
    """See to all of a person's imports that wait for a worker; return how many.

    Two workers never see to the same person: the second leaves it to the first, which looks for
    more after it has let go of the lock. Postgres frees the lock of a worker that is killed.
    """
    count = 0
    while True:
        with try_advisory_lock(IMPORT_LOCK, user_id) as is_mine:
            if not is_mine:
                return count
            while pending := _find_pending(user_id):
                _work_on(pending)
                count += 1
        if _find_pending(user_id) is None:
            return count


def _find_pending(user_id: int) -> HistoryImport | None:
    pending = HistoryImport.objects.filter(user_id=user_id, status__in=HistoryImport.PENDING)
    return pending.order_by("created_at", "pk").first()


def _work_on(batch: HistoryImport) -> None:
    """Take an import one step on; one that has killed workers before is given up."""
    if batch.attempts >= MAX_ATTEMPTS:
        _give_up(batch)
        return
    HistoryImport.objects.filter(pk=batch.pk).update(attempts=F("attempts") + 1)
    steps: dict[str, Callable[..., None]] = {
        Status.QUEUED: read_import,
        Status.APPLYING: apply_import,
        Status.UNDOING: undo_import,
    }
    try:
        steps[batch.status](history_import=batch)
    except UnknownUserError:  # deleted meanwhile, their imports with them
        logger.info("import_without_person", history_import=batch.pk)
    else:
        logger.info("import_step_done", history_import=batch.pk, step=batch.status)


def _give_up(batch: HistoryImport) -> None:
    """Put an import back to where it was before the step that fails again and again."""
    before = {
        Status.QUEUED: Status.FAILED,
        Status.APPLYING: Status.READY,
        Status.UNDOING: Status.APPLIED,
    }
    text = gettext_noop("Our worker broke down over it several times; nothing was changed.")
    logger.error("import_given_up", history_import=batch.pk, status=batch.status)
    changed = HistoryImport.objects.filter(pk=batch.pk, status=batch.status).update(
        status=before[Status(batch.status)], attempts=0, error=make_note(text)
    )
    if changed and batch.status == Status.QUEUED:
        delete_upload(batch)


def read_import(*, history_import: HistoryImport) -> None:
    """Read an upload and match its films, then have them reviewed; its file is deleted.

    A worker that dies half way leaves nothing of it: the next begins anew.
    """
    batch = history_import
    try:
        upload = _parse(batch)
        check_size(upload, user=batch.user)
        _report_progress(batch, done=0, total=len(upload.films))
        verdicts = match_films(
            upload.films,
            on_done=lambda done: _report_progress(batch, done),
            budget=make_budget(user=batch.user),
        )
        if unsearched := sum(verdict.is_unsearched for verdict in verdicts):
            upload.remarks.append(make_note(TOO_MANY_MISSPELT, count=unsearched))
        _keep(batch, upload, verdicts)
    except UploadRefusedError as error:
        HistoryImport.objects.filter(pk=batch.pk, status=Status.QUEUED).update(
            status=Status.FAILED, error=error.note, attempts=0
        )
    except _GoneError:
        logger.info("import_gone", history_import=batch.pk)
    delete_upload(batch)


def _parse(batch: HistoryImport) -> Upload:
    try:
        with default_storage.open(batch.stored_as) as stored:
            data = stored.read()
    except (FileNotFoundError, ValueError) as error:
        raise UploadRefusedError(
            gettext_noop("The uploaded file is gone: upload it again.")
        ) from error
    return parse_upload(data, name=batch.file_name)


def _report_progress(batch: HistoryImport, done: int, total: int | None = None) -> None:
    values = {"films_done": done} | ({} if total is None else {"films_total": total})
    still = HistoryImport.objects.filter(pk=batch.pk, status=Status.QUEUED)
    if not still.update(**values):
        raise _GoneError


@transaction.atomic
def _keep(batch: HistoryImport, upload: Upload, verdicts: Sequence[Verdict]) -> None:
    """Keep what was read, all at once."""
    owner = lock_user(
        user_id=HistoryImport.objects.values_list("user_id", flat=True).get(pk=batch.pk)
    )
    locked = HistoryImport.objects.select_for_update().filter(
        pk=batch.pk, user=owner, status=Status.QUEUED
    )
    current = locked.first()
    if current is None:
        raise _GoneError
    pairs = list(zip(upload.films, verdicts, strict=True))
    films = [pair for pair in pairs if pair[0].is_film or pair[1].match != Match.UNMATCHED]
    skipped = upload.skipped_count + len(pairs) - len(films)
    if skipped:
        text = gettext_noop("%(count)s entries are series, episodes or games and were left out.")
        upload.remarks.append(make_note(text, count=skipped))
    rows = ImportedFilm.objects.bulk_create(
        (_make_film(current, place, *pair) for place, pair in enumerate(films)), batch_size=2000
    )
    by_film = {id(film): row for (film, _verdict), row in zip(films, rows, strict=True)}
    keep_lists(current, upload.lists, by_film)
    current.status, current.attempts = Status.READY, 0
    current.format, current.remarks = upload.format, upload.remarks
    current.problems, current.problem_count = upload.problems, upload.problem_count
    current.save()


def _make_film(batch: HistoryImport, place: int, film: Film, verdict: Verdict) -> ImportedFilm:
    return ImportedFilm(
        history_import=batch,
        position=place,
        where=film.where,
        title=film.title,
        year=film.year,
        stars=film.stars,
        rated_at=film.rated_at,
        watched_at=film.watched_at,
        placed_at=film.placed_at,
        is_seen=film.is_seen,
        is_listed=film.is_listed,
        listed_at=film.listed_at,
        days=list(film.days.values()),
        note=film.note,
        noted_at=film.noted_at,
        marks=film.marks,
        match=verdict.match,
        movie_id=verdict.movie_id,
        candidates=verdict.candidates,
    )


def delete_upload(batch: HistoryImport) -> None:
    """Delete an import's file from the storage; nothing happens where it is gone."""
    if not batch.stored_as:
        return
    HistoryImport.objects.filter(pk=batch.pk).update(stored_as="")
    default_storage.delete(batch.stored_as)
