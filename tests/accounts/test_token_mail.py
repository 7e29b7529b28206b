"""Who owns an account is told of each API token, in their language, by a worker."""

import django_rq
import pytest
from django.core import mail
from django.utils import translation
from pytest_django.fixtures import Settings
from rq import SimpleWorker

from accounts.models import ApiToken, User
from accounts.services import create_api_token
from accounts.token_mail import MAILS_A_DAY, QUEUE, send_token_mail

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner(member: User) -> User:
    member.email = "owner@movies.example"
    member.save()
    return member


def work_off() -> None:
    queue = django_rq.get_queue(QUEUE)
    SimpleWorker([queue], connection=queue.connection).work(burst=True)


def test_owner_is_told_of_a_new_token_but_not_its_key_or_name(owner: User) -> None:
    _token, key = create_api_token(user=owner, name="win at evil.example")
    assert mail.outbox == []
    work_off()
    [sent] = mail.outbox
    assert sent.to == ["owner@movies.example"]
    assert "API token" in sent.subject
    assert "revoke" in sent.body
    assert key not in sent.body
    assert "evil.example" not in sent.body


def test_owner_is_told_in_their_language(owner: User) -> None:
    with translation.override("de"):
        create_api_token(user=owner, name="phone")
    work_off()
    [sent] = mail.outbox
    assert "Konto" in sent.body


def test_account_without_an_address_has_nobody_to_tell(member: User) -> None:
    User.objects.filter(pk=member.pk).update(email="")
    member.refresh_from_db()
    token, _ = create_api_token(user=member, name="phone")
    assert django_rq.get_queue(QUEUE).count == 0
    assert not send_token_mail(token_id=token.pk, language="en")


def test_token_that_is_gone_when_the_worker_comes_is_nothing_to_tell(owner: User) -> None:
    create_api_token(user=owner, name="phone")
    ApiToken.objects.all().delete()
    work_off()
    assert mail.outbox == []


def test_nobodys_box_is_filled(owner: User) -> None:
    for number in range(MAILS_A_DAY + 3):
        create_api_token(user=owner, name=f"app {number}")
    work_off()
    assert len(mail.outbox) == MAILS_A_DAY


def test_token_is_made_though_redis_is_away(owner: User, settings: Settings) -> None:
    queues = {name: {**queue} for name, queue in settings.RQ_QUEUES.items()}
    queues[QUEUE]["URL"] = "redis://127.0.0.1:9/0"  # nobody listens there
    settings.RQ_QUEUES = queues
    token, _ = create_api_token(user=owner, name="phone")
    assert ApiToken.objects.filter(pk=token.pk).exists()
