"""What people do: arrive as a guest, become a member, make API tokens."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.personal_data import run_erasers
from accounts.selectors import GUEST_SESSION_KEY, get_viewer
from accounts.signals import guest_merging
from accounts.tokens import (
    ApiTokenRefusedError,
    UnknownApiTokenError,
    create_api_token,
    revoke_api_token,
)
from movieshow.client_address import get_client_address
from movieshow.limits import is_within_limit

__all__ = [
    "ApiTokenRefusedError",
    "NotAGuestError",
    "TooManyGuestsError",
    "UnknownApiTokenError",
    "create_api_token",
    "delete_expired_guests",
    "ensure_viewer",
    "merge_guest",
    "revoke_api_token",
]

# One address (an office, a school) may bring this many new guests an hour; a script no more.
GUESTS_PER_ADDRESS = 60
GUEST_WINDOW_SECONDS = 3600
# An expiry is written again only when it has moved by a day, not on every rating.
EXPIRY_GRAIN = timedelta(days=1)
DELETE_BATCH = 200


class TooManyGuestsError(Exception):
    """This address made too many guests of late: it should sign up, or come back later."""


class NotAGuestError(Exception):
    """What was to be merged is no guest: a member's things are never given away."""


def ensure_viewer(*, request: HttpRequest) -> User:
    """Return who is looking, making a guest of this browser session at their first write.

    A guest's expiry moves on with use. Sets `request.viewer`.

    Raises:
        TooManyGuestsError: The client's address made too many guests within the hour.
    """
    viewer = getattr(request, "viewer", None) or get_viewer(request=request)
    if viewer:
        _extend_guest(request=request, viewer=viewer)
        return viewer
    _count_new_guest(address=get_client_address(request=request))
    guest = User.objects.create(
        username=f"guest:{uuid.uuid4().hex}",  # no sign-up form lets a colon through
        password=make_password(None),
        is_guest=True,
        expires_at=_new_expiry(),
    )
    request.session[GUEST_SESSION_KEY] = guest.pk
    request.viewer = guest  # type: ignore[attr-defined]
    return guest


def _new_expiry() -> datetime:
    return timezone.now() + timedelta(days=settings.GUEST_LIFETIME_DAYS)


def _extend_guest(*, request: HttpRequest, viewer: User) -> None:
    if not viewer.is_guest or viewer.expires_at is None:
        return
    expires_at = _new_expiry()
    if expires_at - viewer.expires_at < EXPIRY_GRAIN:
        return
    User.objects.filter(pk=viewer.pk, is_guest=True).update(expires_at=expires_at)
    viewer.expires_at = expires_at
    request.session.modified = True  # the cookie lives as long as the guest does


def _count_new_guest(*, address: str) -> None:
    if not is_within_limit(
        what="new-guests", who=address, most=GUESTS_PER_ADDRESS, seconds=GUEST_WINDOW_SECONDS
    ):
        raise TooManyGuestsError(_("Too many new visitors from your network: sign up to go on."))


@transaction.atomic
def merge_guest(*, guest: User, user: User) -> None:
    """Give a guest's things to `user` and delete the guest, in one transaction.

    Both rows are locked in the order of their ids, as every writer of a person's things locks
    that person, so nothing rated meanwhile is lost. Where both have something the newest wins; a
    guest's refusal to be trained on is kept. A guest who is gone already is nothing to do.

    Raises:
        NotAGuestError: `guest` is no guest, or `user` is one.
    """
    rows = User.objects.select_for_update().filter(pk__in=[guest.pk, user.pk]).order_by("pk")
    locked = {row.pk: row for row in rows}
    if guest.pk not in locked or user.pk not in locked:
        return
    source, target = locked[guest.pk], locked[user.pk]
    if not source.is_guest or target.is_guest:
        raise NotAGuestError(f"{source.pk} cannot be merged into {target.pk}.")
    guest_merging.send(sender=User, guest=source, user=target)
    if not source.allows_training and target.allows_training:
        target.allows_training = False
        target.save(update_fields=["allows_training"])
    source.delete()


def delete_expired_guests() -> int:
    """Delete guests past their expiry with all that is theirs; return how many.

    Works in small transactions and skips a guest who is writing right now. What does not go with
    their rows is erased as where they delete themselves.
    """
    deleted = 0
    while True:
        with transaction.atomic():
            expired = list(
                User.objects.select_for_update(skip_locked=True)
                .filter(is_guest=True, expires_at__lte=timezone.now())
                .order_by("expires_at")[:DELETE_BATCH]
            )
            for guest in expired:
                run_erasers(user=guest)
            User.objects.filter(pk__in=[guest.pk for guest in expired]).delete()
        deleted += len(expired)
        if len(expired) < DELETE_BATCH:
            return deleted
