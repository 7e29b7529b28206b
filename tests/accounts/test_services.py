import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts import services
from accounts.jobs import delete_expired_guests_job
from accounts.models import User
from accounts.selectors import GUEST_SESSION_KEY
from accounts.signals import guest_merging
from catalog.models import Rating, RatingEvent, Tag, WatchlistEntry
from catalog.services import UnknownUserError, add_to_watchlist, set_rating
from movieshow.client_address import UNKNOWN_ADDRESS, get_client_address
from tests.catalog.factories import make_guest, make_member, make_movie, read_history

pytestmark = pytest.mark.django_db


def test_first_write_makes_a_guest_who_stays(browse: Any) -> None:
    session = SessionStore()
    request = browse(session=session)
    guest = services.ensure_viewer(request=request)

    assert guest.is_guest
    assert not guest.has_usable_password()
    assert not guest.is_member
    assert request.viewer == guest
    assert session[GUEST_SESSION_KEY] == guest.pk
    assert services.ensure_viewer(request=browse(session=session)) == guest
    assert User.objects.count() == 1


def test_member_needs_no_guest(browse: Any, member: User) -> None:
    assert services.ensure_viewer(request=browse(user=member)) == member
    assert not User.objects.filter(is_guest=True).exists()


def test_expiry_moves_with_use(browse: Any, settings: Settings) -> None:
    session = SessionStore()
    guest = services.ensure_viewer(request=browse(session=session))
    soon = timezone.now() + timedelta(days=1)
    User.objects.filter(pk=guest.pk).update(expires_at=soon)
    services.ensure_viewer(request=browse(session=session))
    guest.refresh_from_db()
    assert guest.expires_at is not None
    assert guest.expires_at - soon > timedelta(days=settings.GUEST_LIFETIME_DAYS - 2)


def test_script_cannot_fill_the_table(browse: Any) -> None:
    for _ in range(services.GUESTS_PER_ADDRESS):
        services.ensure_viewer(request=browse())
    with pytest.raises(services.TooManyGuestsError):
        services.ensure_viewer(request=browse())
    services.ensure_viewer(request=browse(address="192.0.2.2"))
    assert User.objects.count() == services.GUESTS_PER_ADDRESS + 1


def test_clients_of_a_dual_stack_socket_count_apart() -> None:
    addresses = {
        get_client_address(request=RequestFactory().get("/", REMOTE_ADDR=f"::ffff:1.2.3.{last}"))
        for last in (4, 5)
    }
    assert addresses == {"1.2.3.4", "1.2.3.5"}


def test_household_of_ipv6_counts_as_one_client(browse: Any) -> None:
    one, two = browse(address="2001:db8::1"), browse(address="2001:db8::ffff")
    assert get_client_address(request=one) == get_client_address(request=two)
    assert get_client_address(request=browse(address="")) == UNKNOWN_ADDRESS


def test_forwarded_address_is_believed_of_a_trusted_proxy_alone(
    browse: Any, settings: Settings
) -> None:
    request = browse()
    request.META["HTTP_X_FORWARDED_FOR"] = "203.0.113.9, 198.51.100.7"
    assert get_client_address(request=request) == "192.0.2.1"
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert get_client_address(request=request) == "198.51.100.7"


def test_merge_gives_all_that_was_the_guests(guest: User, member: User) -> None:
    for number in (1, 2, 3):
        make_movie(number)
        set_rating(user=guest, movie_id=number, stars=number)
    add_to_watchlist(user=guest, movie_id=1)
    Tag.objects.create(user=guest, movie_id=1, text="toys")
    before = read_history(guest.pk)

    services.merge_guest(guest=guest, user=member)

    assert read_history(member.pk) == before
    assert WatchlistEntry.objects.get().user == member
    assert Tag.objects.get().user == member
    assert not User.objects.filter(pk=guest.pk).exists()
    events = RatingEvent.objects.filter(user=member)
    assert {event.movie_id: event.stars for event in events} == {1: 1, 2: 2, 3: 3}


def test_newest_stars_win_and_the_place_stays(guest: User, member: User) -> None:
    for number in (1, 2):
        make_movie(number)
    set_rating(user=member, movie_id=1, stars=1)
    set_rating(user=guest, movie_id=2, stars=2)
    set_rating(user=guest, movie_id=1, stars=5)
    set_rating(user=member, movie_id=2, stars=4)
    place = Rating.objects.get(user=member, movie_id=1).watched_at

    services.merge_guest(guest=guest, user=member)

    stars = {rating.movie_id: rating.stars for rating in Rating.objects.filter(user=member)}
    assert stars == {1: Decimal(5), 2: Decimal(4)}
    assert Rating.objects.get(movie_id=1).watched_at == place
    assert Rating.objects.count() == 2


def test_same_tag_and_watchlist_entry_of_both_stay_one(guest: User, member: User) -> None:
    make_movie(1)
    for person in (guest, member):
        add_to_watchlist(user=person, movie_id=1)
        Tag.objects.create(user=person, movie_id=1, text="toys")
    services.merge_guest(guest=guest, user=member)
    assert WatchlistEntry.objects.get().user == Tag.objects.get().user == member


def test_refusal_to_be_trained_on_is_kept(guest: User, member: User) -> None:
    User.objects.filter(pk=guest.pk).update(allows_training=False)
    services.merge_guest(guest=guest, user=member)
    member.refresh_from_db()
    assert not member.allows_training


def test_members_things_are_never_given_away(guest: User, member: User) -> None:
    other = make_member("eve")
    with pytest.raises(services.NotAGuestError):
        services.merge_guest(guest=member, user=other)
    with pytest.raises(services.NotAGuestError):
        services.merge_guest(guest=member, user=guest)
    assert User.objects.count() == 3


def test_merge_that_fails_changes_nothing(guest: User, member: User) -> None:
    make_movie(1)
    set_rating(user=guest, movie_id=1, stars=4)

    def fail(**_kwargs: Any) -> None:
        raise RuntimeError("no")

    guest_merging.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            services.merge_guest(guest=guest, user=member)
    finally:
        guest_merging.disconnect(fail)
    assert Rating.objects.get().user == guest


def test_merging_twice_is_nothing_to_do(guest: User, member: User) -> None:
    make_movie(1)
    set_rating(user=guest, movie_id=1, stars=4)
    services.merge_guest(guest=guest, user=member)
    once = list(Rating.objects.values())
    services.merge_guest(guest=guest, user=member)
    assert list(Rating.objects.values()) == once
    assert once[0]["user_id"] == member.pk


@pytest.mark.django_db(transaction=True)
def test_rating_during_the_merge_is_kept_or_refused() -> None:
    guest = make_guest()
    member = make_member()
    for number in range(1, 21):
        make_movie(number)
    barrier = threading.Barrier(21)
    kept: list[int] = []
    refused: list[int] = []
    failures: list[BaseException] = []

    def act(number: int) -> None:
        try:
            barrier.wait(timeout=30)
            if number == 0:
                services.merge_guest(guest=guest, user=member)
            else:
                set_rating(user=guest, movie_id=number, stars=4)
                kept.append(number)
        except UnknownUserError:
            refused.append(number)
        except Exception as error:  # noqa: BLE001 - the test shows whatever it was
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert failures == []
    assert sorted(kept + refused) == list(range(1, 21))
    rated = Rating.objects.filter(user=member).values_list("movie_id", flat=True)
    assert sorted(rated) == sorted(kept)


def test_expired_guests_are_deleted_with_all_that_is_theirs(guest: User, member: User) -> None:
    make_movie(1)
    set_rating(user=guest, movie_id=1, stars=4)
    set_rating(user=member, movie_id=1, stars=4)
    assert delete_expired_guests_job() == 0
    User.objects.filter(pk=guest.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert delete_expired_guests_job() == 1
    assert Rating.objects.get().user == member
    assert list(User.objects.all()) == [member]


def test_many_expired_guests_are_deleted_in_batches(db: None) -> None:
    past = timezone.now() - timedelta(days=1)
    User.objects.bulk_create(
        User(username=f"guest:{number}", is_guest=True, expires_at=past)
        for number in range(services.DELETE_BATCH + 5)
    )
    assert services.delete_expired_guests() == services.DELETE_BATCH + 5
