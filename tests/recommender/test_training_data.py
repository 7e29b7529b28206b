"""Whose ratings fine-tuning sees, and that no late commit is ever skipped."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from catalog.models import Movie, Rating, RatingEvent
from catalog.services import remove_rating, set_rating
from recommender import training_data
from recommender.ml.histories import History
from recommender.models import ModelVersion
from tests.catalog.factories import make_guest
from tests.recommender.conftest import Watch


@pytest.fixture
def base(db: None) -> ModelVersion:
    """A full training that saw nothing of this site."""
    return ModelVersion.objects.create(
        name="base", kind="full", artifact_prefix="models/base", sha256="0" * 64, is_active=True
    )


@pytest.fixture
def twenty(settings: Settings) -> None:
    """Twenty new ratings make a fine-tune due, as by default."""
    settings.FINETUNE_MIN_RATINGS = 20


def make_finetuned(base: ModelVersion, watermark: training_data.Watermark) -> ModelVersion:
    return ModelVersion.objects.create(
        name="base",
        kind="finetuned",
        base=base,
        artifact_prefix=f"models/{watermark.transaction_id}",
        sha256="0" * 64,
        watermark=watermark.transaction_id,
        metrics={"seen_event_ids": list(watermark.event_ids)},
    )


def make_imported(number: int) -> User:
    return User.objects.create(username=f"set-{number}", dataset="set", dataset_user_id=number)


def rate_films(user: User, *movie_ids: int) -> None:
    for movie_id in movie_ids:
        set_rating(user=user, movie_id=movie_id, stars=4)


def test_nothing_is_new_before_anybody_rates(base: ModelVersion, catalogue: list[Movie]) -> None:
    assert not training_data.is_new_data(base)


def test_rating_is_new_until_a_finetuning_has_seen_it(
    base: ModelVersion, viewer: User, catalogue: list[Movie]
) -> None:
    set_rating(user=viewer, movie_id=1, stars=4)
    assert training_data.is_new_data(base)
    tuned = make_finetuned(base, training_data.read_watermark())
    assert not training_data.is_new_data(base)
    assert not training_data.is_new_data(tuned)
    set_rating(user=viewer, movie_id=2, stars=4)
    assert training_data.is_new_data(tuned)


def test_people_who_refuse_and_imported_people_are_not_new_data(
    base: ModelVersion, viewer: User, catalogue: list[Movie]
) -> None:
    viewer.allows_training = False
    viewer.save()
    for user in (viewer, make_imported(1)):
        set_rating(user=user, movie_id=1, stars=4)
        set_rating(user=user, movie_id=2, stars=4)
    assert not training_data.is_new_data(base)
    assert training_data.read_member_histories(base=base) == {}


def test_of_any_number_of_guests_a_few_are_learnt_from_and_none_judges(
    base: ModelVersion,
    viewer: User,
    catalogue: list[Movie],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training_data, "MAX_FILMS_OF_GUEST", 4)
    rate_films(viewer, 1, 2, 3, 4, 5)
    for number in range(training_data.MIN_GUESTS + 3):
        rate_films(make_guest(f"guest:{number}"), 1, 2, 3, 4, 5)
    histories = training_data.read_member_histories(base=base)
    assert len(histories.pop(viewer.pk)) == 5
    assert [history.movie_ids.tolist() for history in histories.values()] == (
        [[2, 3, 4, 5]] * training_data.MIN_GUESTS
    )
    assert training_data.read_validation_sample().member_ids == {viewer.pk}


def test_guests_crowd_no_member_out(
    base: ModelVersion,
    viewer: User,
    catalogue: list[Movie],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training_data, "MAX_MEMBERS", 2)
    rate_films(viewer, 1, 2)
    for number in range(3):
        rate_films(make_guest(f"guest:{number}"), 1, 2)
    assert viewer.pk in training_data.read_member_histories(base=base)


def test_history_is_what_stands_now_in_order_of_watching(
    base: ModelVersion, viewer: User, catalogue: list[Movie]
) -> None:
    for movie_id in (5, 3, 9, 7):
        set_rating(user=viewer, movie_id=movie_id, stars=4)
    remove_rating(user=viewer, movie_id=9)
    set_rating(user=viewer, movie_id=5, stars=1)
    [history] = training_data.read_member_histories(base=base).values()
    assert history.movie_ids.tolist() == [5, 3, 7]
    assert history.stars.tolist() == [1, 4, 4]
    watched = Rating.objects.get(user=viewer, movie_id=3).watched_at
    assert history.timestamps[1] == int(watched.timestamp())


def test_of_too_many_people_those_are_read_who_rated_last(
    base: ModelVersion, catalogue: list[Movie], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_data, "MAX_MEMBERS", 2)
    first, second, third = (User.objects.create_user(f"person{number}") for number in range(3))
    for person, *movie_ids in ((second, 1, 2), (first, 1, 2), (third, 1, 2), (second, 3)):
        for movie_id in movie_ids:
            set_rating(user=person, movie_id=movie_id, stars=4)
    assert set(training_data.read_member_histories(base=base)) == {second.pk, third.pk}


def test_watermark_of_another_server_counts_every_event(
    base: ModelVersion, viewer: User, catalogue: list[Movie]
) -> None:
    set_rating(user=viewer, movie_id=1, stars=4)
    tuned = make_finetuned(base, training_data.Watermark(2**60, ()))
    assert training_data.is_new_data(tuned)


def test_last_attempt_counts_though_one_of_another_server_has_a_higher_watermark(
    base: ModelVersion, viewer: User, catalogue: list[Movie]
) -> None:
    set_rating(user=viewer, movie_id=1, stars=4)
    make_finetuned(base, training_data.Watermark(2**40, ()))
    tuned = make_finetuned(base, training_data.read_watermark())
    assert not training_data.is_new_data(tuned)
    set_rating(user=viewer, movie_id=2, stars=4)
    assert training_data.is_new_data(tuned)


def films_of(histories: list[History]) -> list[list[int]]:
    return [history.movie_ids.tolist() for history in histories]


def test_replay_and_validation_share_nobody(
    base: ModelVersion, catalogue: list[Movie], watch: Watch
) -> None:
    for number in range(1, 201):
        watch(make_imported(number), *range(1, 8), 10 + number % 20)
    sample = training_data.read_validation_sample()
    replay = training_data.read_replay_histories(seed=1)
    assert (len(sample.histories), len(replay)) == (20, 180)
    other = training_data.read_replay_histories(seed=2)
    assert films_of(sample.histories) == films_of(training_data.read_validation_sample().histories)
    assert sorted(films_of(replay)) == sorted(films_of(other))


def test_members_are_not_asked_by_the_guardrail_where_imported_people_are_enough(
    base: ModelVersion, viewer: User, catalogue: list[Movie], watch: Watch
) -> None:
    for number in range(10, 210, 10):
        watch(make_imported(number), *range(1, 8))
    watch(viewer, *range(1, 8))
    sample = training_data.read_validation_sample()
    assert len(sample.histories) == 20
    assert sample.is_large_enough
    assert sample.member_ids == frozenset()


def test_last_film_of_a_member_the_guardrail_asks_is_not_trained_on(
    base: ModelVersion, viewer: User, catalogue: list[Movie], watch: Watch
) -> None:
    refuser = User.objects.create_user("refuser", allows_training=False)
    newcomer = User.objects.create_user("newcomer")
    watch(refuser, *range(1, 8))
    watch(newcomer, 1, 2, 3)
    watch(viewer, 5, 3, 9, 7)
    for user in (viewer, newcomer, refuser):
        set_rating(user=user, movie_id=11, stars=4)
    sample = training_data.read_validation_sample()
    assert films_of(sample.histories) == [[5, 3, 9, 7, 11]]
    assert sample.member_ids == {viewer.pk}
    assert not sample.is_large_enough
    trained = training_data.read_member_histories(base=base, held_out=sample.member_ids)
    assert trained[viewer.pk].movie_ids.tolist() == [5, 3, 9, 7]
    assert trained[newcomer.pk].movie_ids.tolist() == [1, 2, 3, 11]
    assert refuser.pk not in trained


@pytest.mark.django_db(transaction=True)
def test_event_that_commits_after_the_watermark_is_new(
    base: ModelVersion, viewer: User, catalogue: list[Movie]
) -> None:
    """Its transaction began, and drew its ids, before others that were trained on."""
    other = User.objects.create_user("other")
    is_written, may_commit = threading.Event(), threading.Event()

    def rate_slowly() -> None:
        try:
            with transaction.atomic():
                set_rating(user=viewer, movie_id=1, stars=4)
                is_written.set()
                may_commit.wait(10)
        finally:
            connection.close()

    slow = threading.Thread(target=rate_slowly)
    slow.start()
    assert is_written.wait(10)
    set_rating(user=other, movie_id=2, stars=4)
    seen = RatingEvent.objects.get()
    watermark = training_data.read_watermark()
    may_commit.set()
    slow.join()
    late = RatingEvent.objects.exclude(pk=seen.pk).get()
    assert late.pk < seen.pk
    assert seen.pk in watermark.event_ids
    tuned = make_finetuned(base, watermark)
    new = training_data.find_events(since=tuned.watermark).exclude(pk__in=watermark.event_ids)
    assert [event.pk for event in new] == [late.pk]
    assert training_data.is_new_data(tuned)


def test_few_ratings_of_a_guest_are_no_reason_to_change_the_model_of_all(
    base: ModelVersion, catalogue: list[Movie], twenty: None
) -> None:
    rate_films(make_guest(), 1, 2, 3, 4, 5)
    assert not training_data.is_new_data(base)
    RatingEvent.objects.update(created_at=timezone.now() - timedelta(days=30))
    assert not training_data.is_new_data(base)


def test_twenty_ratings_of_several_people_are_enough(
    base: ModelVersion, viewer: User, catalogue: list[Movie], twenty: None
) -> None:
    rate_films(make_guest(), *range(1, 11))
    rate_films(viewer, *range(1, 10))
    assert not training_data.is_new_data(base)
    rate_films(viewer, 10)
    assert training_data.is_new_data(base)
    tuned = make_finetuned(base, training_data.read_watermark())
    rate_films(viewer, *range(11, 30))
    assert not training_data.is_new_data(tuned)


def test_film_that_is_rated_again_and_again_counts_once(
    base: ModelVersion, viewer: User, catalogue: list[Movie], twenty: None
) -> None:
    for stars in (1, 2, 3, 4, 5) * 5:
        set_rating(user=viewer, movie_id=1, stars=stars)
    assert RatingEvent.objects.count() == 25
    assert not training_data.is_new_data(base)


def test_rating_of_a_member_waits_for_others_for_a_day(
    base: ModelVersion, viewer: User, catalogue: list[Movie], twenty: None
) -> None:
    rate_films(viewer, 1)
    assert not training_data.is_new_data(base)
    RatingEvent.objects.update(created_at=timezone.now() - timedelta(hours=23))
    assert not training_data.is_new_data(base)
    RatingEvent.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert training_data.is_new_data(base)
    tuned = make_finetuned(base, training_data.read_watermark())
    assert not training_data.is_new_data(tuned)
