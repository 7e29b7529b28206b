"""The end of an account: everything that names the person, in one transaction."""

from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.models import User
from accounts.personal_data import run_erasers


@transaction.atomic
def delete_account(*, user: User) -> bool:
    """Delete a member or guest with all that is theirs; return whether they were still there.

    Their ratings are gone from the next training on, for each starts from a full training and
    reads what is in the database then; who left makes one due. Jobs that wait find nobody.
    """
    owner = User.objects.select_for_update().filter(pk=user.pk, dataset="").first()
    if owner is None:
        return False
    run_erasers(user=owner)
    owner.delete()
    return True


def erase_admin_log(user: User) -> None:
    """Take a person's name out of the admin's log, which knows them by number alone.

    That somebody changed or deleted an account, and when, stays.
    """
    about = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)
    )
    about.update(object_repr=f"#{user.pk}", change_message="")


def erase_sessions(user: User) -> None:
    """Log a person out everywhere: the session's own table knows no person to go with."""
    keys = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
    Session.objects.filter(session_key__in=list(keys)).delete()
