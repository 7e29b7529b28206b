from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from catalog.jobs import forget_old_imports_job
from catalog.models import (
    HistoryImport,
    ImportedFilm,
)
from tests.catalog.factories import make_guest
from tests.catalog.importing.steps import (
    apply,
    upload,
    upload_ratings,
    work,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_storage")]


def test_films_are_forgotten_once_nothing_can_be_undone(member: User, films: None) -> None:
    applied, open_ = apply(upload(member)), work(upload_ratings(member, ("", "Jaws", 1975, 2)))
    assert forget_old_imports_job() == 0
    HistoryImport.objects.filter(pk=applied.pk).update(
        applied_at=timezone.now() - timedelta(days=31)
    )
    HistoryImport.objects.filter(pk=open_.pk).update(created_at=timezone.now() - timedelta(days=31))
    assert forget_old_imports_job() == 2
    assert not ImportedFilm.objects.exists()
    assert HistoryImport.objects.count() == 2


def test_reviews_of_guests_are_kept_for_three_days(member: User, films: None) -> None:
    batches = [work(upload(user)) for user in (member, make_guest())]
    HistoryImport.objects.update(created_at=timezone.now() - timedelta(days=4))
    assert forget_old_imports_job() == 1
    assert [batch.films.exists() for batch in batches] == [True, False]


def test_uploads_that_nobody_waits_for_are_deleted(member: User, settings: Settings) -> None:
    import os
    from io import BytesIO

    from django.core.files.base import File

    kept = upload(member)
    lost = default_storage.save("imports/lost", File(BytesIO(b"x")))
    two_days_ago = (timezone.now() - timedelta(days=2)).timestamp()
    for name in (kept.stored_as, lost):
        os.utime(default_storage.path(name), (two_days_ago, two_days_ago))
    forget_old_imports_job()
    assert default_storage.exists(kept.stored_as)
    assert not default_storage.exists(lost)
