"""Things that happen at the same moment, in threads with connections of their own."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone

from accounts.deletion import delete_account
from accounts.models import User
from accounts.services import merge_guest
from recommender.models import ModelVersion
from recommender.night.access import (
    NightFullError,
    NightMovedOnError,
    NightRefusedError,
    UnknownInvitationError,
    UnknownNightError,
)
from recommender.night.models import (
    MovieNight,
    NightApproval,
    NightFilm,
    NightMember,
)
from recommender.night.services import (
    create_night,
    join_night,
    leave_night,
    remove_member,
)
from recommender.night.voting import cast_ballot, close_vote, start_vote
from tests.recommender.night.conftest import RULE, begin_vote, gather_people, make_person

pytestmark = pytest.mark.django_db(transaction=True)
REFUSALS = (NightRefusedError, UnknownInvitationError, UnknownNightError)
WAIT_SECONDS = 60
ROUNDS = 5


def run_at_once(calls: Sequence[Callable[[], object]]) -> list[Exception | None]:
    """Start all calls at one moment; return what each was refused with, None where it went well."""
    barrier = threading.Barrier(len(calls))
    outcomes: list[Exception | None] = [RuntimeError("did not end")] * len(calls)

    def run(place: int, call: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(WAIT_SECONDS)
            call()
            outcomes[place] = None
        except REFUSALS as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, call)) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS)
    return outcomes


def test_one_of_two_who_join_at_once_gets_the_sixth_seat() -> None:
    for turn in range(ROUNDS):
        night = create_night(host=make_person(f"host{turn}"), name="Host", rule=RULE)
        slug = night.invite_slug or ""
        people = [make_person(f"p{turn}-{number}") for number in range(8)]
        outcomes = run_at_once(
            [partial(join_night, user=person, slug=slug, name=person.username) for person in people]
        )
        assert sum(outcome is None for outcome in outcomes) == 5
        assert sum(isinstance(outcome, NightFullError) for outcome in outcomes) == 3
        seats = NightMember.objects.filter(night=night).values_list("seat", flat=True)
        assert sorted(seats) == [1, 2, 3, 4, 5, 6]


def test_one_person_who_joins_twice_at_once_has_one_seat() -> None:
    night = create_night(host=make_person("host"), name="Host", rule=RULE)
    slug, person = night.invite_slug or "", make_person("twice")
    join = [lambda: join_night(user=person, slug=slug, name="Twice")] * 4
    assert run_at_once(join) == [None] * 4
    assert night.members.filter(user=person).count() == 1


def test_ballots_cast_at_once_all_count_and_decide_once(active_model: ModelVersion) -> None:
    night, people, films = begin_vote(6)
    outcomes = run_at_once(
        [
            partial(cast_ballot, user=person, night_id=night.pk, round_number=1, film_ids=films[:2])
            for person in people
        ]
    )
    assert outcomes == [None] * 6
    night.refresh_from_db()
    assert night.status == MovieNight.Status.DECIDED
    assert NightApproval.objects.count() == 12
    assert NightFilm.objects.filter(is_winner=True).count() == 1


def test_two_ballots_of_one_person_at_once_leave_one_whole_ballot(
    active_model: ModelVersion,
) -> None:
    night, people, films = begin_vote(3)
    ballots = (films[:3], films[3:6])
    outcomes = run_at_once(
        [
            partial(cast_ballot, user=people[0], night_id=night.pk, round_number=1, film_ids=ballot)
            for ballot in ballots
        ]
    )
    assert outcomes == [None, None]
    kept = NightApproval.objects.filter(member__user=people[0]).order_by("film__rank")
    assert list(kept.values_list("film_id", flat=True)) in list(ballots)


def test_ballot_beside_the_close_counts_whole_or_is_refused(active_model: ModelVersion) -> None:
    night, people, films = begin_vote(3)
    cast_ballot(user=people[1], night_id=night.pk, round_number=1, film_ids=[films[5]])
    late, closed = run_at_once(
        [
            lambda: cast_ballot(
                user=people[2], night_id=night.pk, round_number=1, film_ids=[films[4], films[5]]
            ),
            lambda: close_vote(host=people[0], night_id=night.pk),
        ]
    )
    assert closed is None
    counted = NightApproval.objects.filter(member__user=people[2]).count()
    assert (counted, type(late)) in [(2, type(None)), (0, NightMovedOnError)]
    night.refresh_from_db()
    assert night.status == MovieNight.Status.DECIDED
    assert NightFilm.objects.get(is_winner=True).pk == films[5]


def test_somebody_who_joins_as_the_vote_begins_is_in_it_or_not_at_all(
    active_model: ModelVersion,
) -> None:
    night, people = gather_people(2)
    late = make_person("late")
    slug = night.invite_slug or ""
    joined, started = run_at_once(
        [
            lambda: join_night(user=late, slug=slug, name="Late"),
            lambda: start_vote(host=people[0], night_id=night.pk),
        ]
    )
    assert started is None
    film = NightFilm.objects.filter(night=night)[0]
    forecasts = set(film.forecasts.values_list("member__user_id", flat=True))
    assert forecasts == set(night.members.values_list("user_id", flat=True))
    assert (late.pk in forecasts) == (joined is None)


def test_whoever_leaves_while_being_removed_is_gone_once(active_model: ModelVersion) -> None:
    night, people, _films = begin_vote(4)
    seat = night.members.get(user=people[3])
    left, removed = run_at_once(
        [
            lambda: leave_night(user=people[3], night_id=night.pk),
            lambda: remove_member(host=people[0], night_id=night.pk, member_id=seat.pk),
        ]
    )
    assert removed is None
    assert left is None or isinstance(left, UnknownNightError)
    assert night.members.count() == 3


def test_all_leave_at_once_and_nothing_is_left(active_model: ModelVersion) -> None:
    night, people, _films = begin_vote(5)
    leaving = [partial(leave_night, user=person, night_id=night.pk) for person in people]
    assert run_at_once(leaving) == [None] * 5
    assert not MovieNight.objects.filter(pk=night.pk).exists()


def test_account_deleted_beside_the_last_ballot_takes_its_own_along(
    active_model: ModelVersion,
) -> None:
    for turn in range(ROUNDS):
        night, people, films = begin_vote(3, prefix=f"turn{turn}-")
        cast_ballot(user=people[0], night_id=night.pk, round_number=1, film_ids=films[:1])
        cast_ballot(user=people[1], night_id=night.pk, round_number=1, film_ids=films[:1])
        voted, deleted = run_at_once(
            [
                partial(
                    cast_ballot,
                    user=people[2],
                    night_id=night.pk,
                    round_number=1,
                    film_ids=films[1:2],
                ),
                partial(delete_account, user=people[0]),
            ]
        )
        assert (voted, deleted) == (None, None)
        night.refresh_from_db()
        assert night.status == MovieNight.Status.DECIDED
        assert night.members.get(is_host=True).user == people[1]
        assert night.members.count() == 2


def test_guest_signs_up_beside_their_own_ballot(active_model: ModelVersion) -> None:
    for turn in range(ROUNDS):
        night, people, films = begin_vote(2, prefix=f"turn{turn}-")
        guest, account = people[1], make_person(f"account{turn}")
        User.objects.filter(pk=guest.pk).update(
            is_guest=True, expires_at=timezone.now() + timedelta(days=9)
        )
        voted, merged = run_at_once(
            [
                partial(
                    cast_ballot,
                    user=guest,
                    night_id=night.pk,
                    round_number=1,
                    film_ids=films[:1],
                ),
                partial(merge_guest, guest=guest, user=account),
            ]
        )
        assert merged is None
        assert night.members.filter(user=account).count() == 1
        approvals = NightApproval.objects.filter(member__user=account).count()
        assert (approvals, type(voted)) in [(1, type(None)), (0, UnknownNightError)]
