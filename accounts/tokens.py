"""API tokens: made once, shown once, kept as a hash."""

import hashlib
import secrets
from datetime import timedelta
from functools import lru_cache, partial

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import Model, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import ApiToken, User
from accounts.token_mail import queue_token_mail
from movieshow.prepared import fetch_prepared

KEY_PREFIX = "ms_"  # lets secret scanners recognise a leaked key
MAX_ACTIVE_TOKENS = 20
LAST_USED_GRAIN = timedelta(minutes=1)


class ApiTokenRefusedError(Exception):
    """A token cannot be made; the message says why and is meant for its maker."""


class UnknownApiTokenError(Exception):
    """No live token has this id among this person's."""


def hash_key(key: str) -> str:
    """Return the SHA-256 of a key, in hex: a key has 256 random bits, so no salt is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


@transaction.atomic
def create_api_token(*, user: User, name: str) -> tuple[ApiToken, str]:
    """Make a token for a member; return it and its key, which cannot be read again.

    Once it is kept, its owner is told by mail.

    Raises:
        ApiTokenRefusedError: The user has no login, the name is empty, or they have too many.
    """
    name = name.strip()
    if not name:
        raise ApiTokenRefusedError(_("Give the token a name, such as the app that will use it."))
    owner = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not owner.is_member:
        raise ApiTokenRefusedError(_("Sign up first: a guest has no API tokens."))
    if ApiToken.objects.filter(user=owner, revoked_at__isnull=True).count() >= MAX_ACTIVE_TOKENS:
        text = _("You have %(count)d tokens: revoke one first.")
        raise ApiTokenRefusedError(text % {"count": MAX_ACTIVE_TOKENS})
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(user=owner, name=name, key_hash=hash_key(key))
    language = get_language() or settings.LANGUAGE_CODE
    tell = partial(queue_token_mail, token=token, language=language)
    transaction.on_commit(tell, robust=True)
    return token, key


def revoke_api_token(*, user: User, token_id: int) -> None:
    """Close one of the user's own tokens for good.

    Raises:
        UnknownApiTokenError: They have no live token of this id.
    """
    live = ApiToken.objects.filter(pk=token_id, user=user, revoked_at__isnull=True)
    if not live.update(revoked_at=timezone.now()):
        raise UnknownApiTokenError(f"No token {token_id}.")


def revoke_all_api_tokens(*, user: User) -> int:
    """Close all of a user's tokens for good; return how many were live."""
    live = ApiToken.objects.filter(user=user, revoked_at__isnull=True)
    return live.update(revoked_at=timezone.now())


def find_live_token(*, key: str) -> ApiToken | None:
    """Return the live token of a key with its user, or None; one query."""
    row = fetch_prepared(_build_token_sql(), [hash_key(key)])
    if row is None:
        return None
    names, user_names = _names(ApiToken), _names(User)
    token = ApiToken.from_db(DEFAULT_DB_ALIAS, names, row[: len(names)])
    token.user = User.from_db(DEFAULT_DB_ALIAS, user_names, row[len(names) :])
    return token


@lru_cache(maxsize=1)
def _build_token_sql() -> str:
    """Return the query of a token and its user: every API request makes it."""
    columns = [
        f'{alias}."{field.column}"'
        for alias, model in (("token", ApiToken), ("person", User))
        for field in model._meta.concrete_fields
    ]
    return (
        f"SELECT {', '.join(columns)} FROM {ApiToken._meta.db_table} AS token"  # noqa: S608
        f" JOIN {User._meta.db_table} AS person ON person.id = token.user_id"
        " WHERE token.key_hash = %s AND token.revoked_at IS NULL"
    )


def _names(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def note_token_use(*, token: ApiToken) -> None:
    """Write when the token was used, at most once a minute so that a busy one is no hot row."""
    now = timezone.now()
    if token.last_used_at is not None and token.last_used_at > now - LAST_USED_GRAIN:
        return
    is_due = Q(last_used_at__isnull=True) | Q(last_used_at__lte=now - LAST_USED_GRAIN)
    ApiToken.objects.filter(is_due, pk=token.pk).update(last_used_at=now)
