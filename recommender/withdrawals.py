"""Who has left since a model learnt from them: their account is gone, or they said no to training.

Nothing has to tell of it: a version's row says of how many members it read the ratings, and a row
for each of them goes with the person. So it does not matter which way somebody left.
"""

from collections.abc import Collection

from django.db import connection
from django.db.models import F

from accounts.models import User
from recommender.models import ModelVersion, TrainedOn


def note_members(*, version: ModelVersion, user_ids: Collection[int]) -> None:
    """Keep whose ratings a version learnt from, in the transaction that makes its row.

    Who was deleted while it trained gets no row, and is missed from the start.
    """
    with connection.cursor() as cursor:
        # The lock waits for a deletion under way, and leaves out whom it has deleted.
        cursor.execute(
            "INSERT INTO recommender_trainedon (version_id, user_id) "
            "SELECT %s, id FROM accounts_user WHERE id = ANY(%s) FOR KEY SHARE",
            [version.pk, sorted(user_ids)],
        )


def merge_members(*, guest: User, user: User) -> None:
    """Let an account stand for the guest it takes in, whose ratings go on in it.

    A version that had learnt from both has one member less. Runs inside the merge's transaction.
    """
    theirs = TrainedOn.objects.filter(user=guest)
    twice = theirs.filter(version__in=TrainedOn.objects.filter(user=user).values("version"))
    versions = ModelVersion.objects.filter(pk__in=twice.values("version"))
    versions.update(num_members=F("num_members") - 1)
    twice.delete()
    theirs.update(user=user)


def has_lost_members(version: ModelVersion) -> bool:
    """Whether somebody whose ratings a version learnt from is gone or allows training no more."""
    if not version.num_members:
        return False
    here = TrainedOn.objects.filter(
        version=version, user__allows_training=True, user__is_active=True
    )
    return here.count() < version.num_members
