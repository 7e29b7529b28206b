"""What is kept of imports and for how long."""

from datetime import timedelta
from functools import partial

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from catalog.import_models import HistoryImport, ImportedFilm, ImportedList

FOLDER = "imports"
REVIEW_DAYS, REVIEW_DAYS_OF_GUESTS = 30, 3
ORPHAN_AGE = timedelta(days=1)
Status = HistoryImport.Status


def forget_old_imports() -> int:
    """Forget the films of imports that are over, and files nobody needs; return how many imports.

    Applied ones are over when they can be undone no more, reviews after 30 days without a
    decision, those of guests after 3.
    """
    now = timezone.now()
    unreviewed = Q(created_at__lt=now - timedelta(days=REVIEW_DAYS)) | Q(
        created_at__lt=now - timedelta(days=REVIEW_DAYS_OF_GUESTS),
        user__in=User.objects.filter(is_guest=True),
    )
    HistoryImport.objects.filter(unreviewed, status=Status.READY).update(status=Status.DISCARDED)
    is_over = Q(status__in=(Status.FAILED, Status.DISCARDED, Status.UNDONE)) | Q(
        status=Status.APPLIED,
        applied_at__lt=now - timedelta(days=settings.IMPORT_UNDO_DAYS),
    )
    has_any = Q(films__isnull=False) | Q(lists__isnull=False)
    over = list(HistoryImport.objects.filter(is_over).filter(has_any).distinct())
    forget_films(*over)
    _delete_orphans()
    return len(over)


def forget_films(*batches: HistoryImport) -> None:
    """Forget the films and lists of imports, and what applying made of them."""
    ImportedList.objects.filter(history_import__in=batches).delete()
    ImportedFilm.objects.filter(history_import__in=batches).delete()


def _delete_orphans() -> None:
    """Delete uploads that no import waits for: a process died between storing and noting one."""
    if not default_storage.exists(FOLDER):
        return
    wanted = set(HistoryImport.objects.exclude(stored_as="").values_list("stored_as", flat=True))
    oldest = timezone.now() - ORPHAN_AGE
    for name in default_storage.listdir(FOLDER)[1]:
        path = f"{FOLDER}/{name}"
        if path not in wanted and default_storage.get_modified_time(path) < oldest:
            default_storage.delete(path)


def erase_uploads(user: User) -> None:
    """Delete the files a person's imports still wait with, once the person is deleted."""
    waiting = HistoryImport.objects.filter(user=user).exclude(stored_as="")
    for name in waiting.values_list("stored_as", flat=True):
        transaction.on_commit(partial(default_storage.delete, name))
