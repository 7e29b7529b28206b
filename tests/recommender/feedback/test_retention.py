"""How long feedback is kept, and whom it follows."""

import datetime
from uuid import UUID, uuid4

from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from accounts.services import merge_guest
from recommender.feedback.retention import delete_old_feedback
from recommender.feedback.writing import write_feedback
from recommender.models import Event, Impression, ModelVersion, TasteProfile
from tests.catalog.factories import make_guest
from tests.recommender.conftest import Watch
from tests.recommender.feedback.steps import HISTORY, MINE


def test_refusal_after_the_showing_keeps_it_out_and_deletes_what_there_was(
    active_model: ModelVersion, api: APIClient, viewer: User
) -> None:
    api.get(MINE)
    write_feedback()
    api.get(MINE, {"limit": 3})
    User.objects.filter(pk=viewer.pk).update(allows_training=False)
    write_feedback()
    assert Impression.objects.count() == 10
    assert delete_old_feedback() == 10
    assert not Impression.objects.exists()


def test_feedback_past_its_time_is_deleted(
    active_model: ModelVersion, api: APIClient, settings: Settings
) -> None:
    settings.FEEDBACK_RETENTION_DAYS = 30
    api.get(MINE)
    write_feedback()
    old = timezone.now() - datetime.timedelta(days=31)
    kept = Impression.objects.order_by("rank").values_list("pk", flat=True)[:3]
    Impression.objects.exclude(pk__in=list(kept)).update(shown_at=old)
    assert delete_old_feedback() == 7
    assert Impression.objects.count() == 3


def test_event_of_an_answer_that_never_was_goes_after_a_day(
    active_model: ModelVersion, api: APIClient, viewer: User
) -> None:
    answer = api.get(MINE).json()
    shown, movie_id = UUID(answer["recommendation_id"]), answer["results"][0]["movie"]["id"]
    write_feedback()
    now = timezone.now()
    for happened_at in (now - datetime.timedelta(hours=25), now):
        for recommendation_id in (shown, uuid4()):
            Event.objects.create(
                user=viewer,
                movie_id=movie_id,
                recommendation_id=recommendation_id,
                kind=Event.Kind.CLICK if happened_at == now else Event.Kind.HIDDEN,
                happened_at=happened_at,
            )
    assert delete_old_feedback() == 1
    assert Event.objects.filter(recommendation_id=shown).count() == 2
    assert Event.objects.exclude(recommendation_id=shown).get().kind == Event.Kind.CLICK


def test_deleted_account_takes_its_feedback_along(
    active_model: ModelVersion, api: APIClient, viewer: User
) -> None:
    api.get(MINE)
    write_feedback()
    api.get(MINE, {"limit": 3})
    viewer.delete()
    assert not Impression.objects.exists()
    assert write_feedback() == 1
    assert not Impression.objects.exists()


def test_guest_who_signs_up_takes_written_and_buffered_feedback_along(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    guest = make_guest()
    watch(guest, *HISTORY)
    client = APIClient()
    client.force_authenticate(guest)
    guest_id = guest.pk
    client.get(MINE)
    write_feedback()
    client.get(MINE, {"limit": 3})
    merge_guest(guest=guest, user=viewer)
    assert TasteProfile.objects.get(user=viewer).subject_key == guest_id
    write_feedback()
    assert Impression.objects.filter(user=viewer).count() == 13
