from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import services, tokens
from accounts.models import ApiToken, User
from tests.catalog.factories import make_member

pytestmark = pytest.mark.django_db


def test_key_is_not_kept(member: User) -> None:
    token, key = services.create_api_token(user=member, name=" phone ")
    assert token.name == "phone"
    assert key.startswith("ms_")
    assert key not in str(ApiToken.objects.values().get())
    assert tokens.find_live_token(key=key) == token
    assert tokens.find_live_token(key=key + "x") is None


def test_revoked_token_opens_nothing(member: User) -> None:
    token, key = services.create_api_token(user=member, name="phone")
    services.revoke_api_token(user=member, token_id=token.pk)
    assert tokens.find_live_token(key=key) is None
    with pytest.raises(services.UnknownApiTokenError):
        services.revoke_api_token(user=member, token_id=token.pk)


def test_nobody_revokes_the_token_of_others(member: User) -> None:
    token, _ = services.create_api_token(user=member, name="phone")
    with pytest.raises(services.UnknownApiTokenError):
        services.revoke_api_token(user=make_member("eve"), token_id=token.pk)


def test_guests_and_imported_people_get_none(guest: User) -> None:
    imported = User.objects.create(username="ml:1", dataset="ml", dataset_user_id=1)
    for person in (guest, imported):
        with pytest.raises(services.ApiTokenRefusedError):
            services.create_api_token(user=person, name="phone")


def test_token_needs_a_name_and_there_is_a_limit(member: User) -> None:
    with pytest.raises(services.ApiTokenRefusedError):
        services.create_api_token(user=member, name="  ")
    for number in range(tokens.MAX_ACTIVE_TOKENS):
        token, _ = services.create_api_token(user=member, name=f"app {number}")
    with pytest.raises(services.ApiTokenRefusedError):
        services.create_api_token(user=member, name="one more")
    services.revoke_api_token(user=member, token_id=token.pk)
    services.create_api_token(user=member, name="one more")


def test_use_is_written_at_most_once_a_minute(member: User) -> None:
    token, _ = services.create_api_token(user=member, name="phone")
    tokens.note_token_use(token=token)
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    tokens.note_token_use(token=token)
    token.refresh_from_db()
    assert token.last_used_at == first

    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    token.refresh_from_db()
    tokens.note_token_use(token=token)
    token.refresh_from_db()
    assert token.last_used_at is not None
    assert token.last_used_at > first
