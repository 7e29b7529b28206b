from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Movie
from catalog.services import UnknownMovieError
from recommender.models import ModelVersion
from recommender.night import services
from recommender.night.access import (
    NameTakenError,
    NightFullError,
    NightMovedOnError,
    NightOverError,
    NotHostError,
    TooManyFilmsError,
    TooManyNightsError,
    UnknownInvitationError,
    UnknownNightError,
)
from recommender.night.models import MovieNight, NightFilm, NightMember
from recommender.night.voting import FILMS_PER_VOTE, start_vote
from tests.recommender.night.conftest import RULE, Gather, begin_vote, gather_people, make_person

pytestmark = pytest.mark.django_db


def test_night_begins_with_its_host_and_a_link_nobody_can_guess() -> None:
    host = make_person("ada")
    first, second = (services.create_night(host=host, name="Ada", rule=RULE) for _ in range(2))
    assert first.invite_slug and second.invite_slug
    assert first.invite_slug != second.invite_slug
    assert len(first.invite_slug) >= 22
    seat = first.members.get()
    assert (seat.user, seat.name, seat.seat, seat.is_host) == (host, "Ada", 1, True)


def test_joining_twice_keeps_the_seat() -> None:
    night, (_host, guest) = gather_people(2)
    before = night.version
    again = services.join_night(user=guest, slug=night.invite_slug or "", name="Other")
    assert again.version == before
    assert night.members.get(user=guest).name == "Person 2"


def test_seventh_person_finds_no_seat(gather: Gather) -> None:
    night, _people = gather(6)
    with pytest.raises(NightFullError):
        services.join_night(user=make_person("late"), slug=night.invite_slug or "", name="Late")
    assert night.members.count() == 6


def test_name_is_taken_once_whatever_its_case(gather: Gather) -> None:
    night, _people = gather(2)
    with pytest.raises(NameTakenError):
        services.join_night(user=make_person("x"), slug=night.invite_slug or "", name="PERSON 1")


def test_name_that_only_the_database_takes_for_the_same_is_taken(gather: Gather) -> None:
    night, _people = gather(1)
    night.members.update(name="k")
    with pytest.raises(NameTakenError):
        services.join_night(
            user=make_person("x"), slug=night.invite_slug or "", name="\N{KELVIN SIGN}"
        )


def test_nobody_joins_once_the_vote_is_on(active_model: ModelVersion) -> None:
    night, _people, _films = begin_vote()
    with pytest.raises(NightMovedOnError):
        services.join_night(user=make_person("late"), slug=night.invite_slug or "", name="Late")


def test_old_link_opens_nothing_after_a_new_one_or_none(gather: Gather) -> None:
    night, (host, _guest) = gather(2)
    old = night.invite_slug or ""
    new = services.change_link(host=host, night_id=night.pk, is_open=True).invite_slug or ""
    assert new != old
    with pytest.raises(UnknownInvitationError):
        services.join_night(user=make_person("x"), slug=old, name="X")
    services.join_night(user=make_person("y"), slug=new, name="Y")
    services.change_link(host=host, night_id=night.pk, is_open=False)
    for slug in (old, new, ""):
        with pytest.raises(UnknownInvitationError):
            services.join_night(user=make_person(f"z{slug[:3]}"), slug=slug, name="Z")


def test_removed_person_is_out_and_their_link_is_dead(gather: Gather) -> None:
    night, (host, _b, outcast) = gather(3)
    seat = night.members.get(user=outcast)
    assert services.remove_member(host=host, night_id=night.pk, member_id=seat.pk) == "Person 3"
    with pytest.raises(UnknownInvitationError):
        services.join_night(user=outcast, slug=night.invite_slug or "", name="Back")
    with pytest.raises(UnknownNightError):
        services.leave_night(user=outcast, night_id=night.pk)
    assert services.remove_member(host=host, night_id=night.pk, member_id=seat.pk) == ""


def test_seat_of_another_night_is_not_removed(gather: Gather) -> None:
    night, (host, _guest) = gather(2)
    other = services.create_night(host=make_person("x"), name="X", rule=RULE)
    seat = other.members.get()
    services.remove_member(host=host, night_id=night.pk, member_id=seat.pk)
    assert other.members.count() == 1


def test_host_is_not_removed_but_leaves_to_whoever_was_there_longest(gather: Gather) -> None:
    night, (host, second, third) = gather(3)
    mine = night.members.get(user=host)
    with pytest.raises(NightMovedOnError):
        services.remove_member(host=host, night_id=night.pk, member_id=mine.pk)
    services.leave_night(user=host, night_id=night.pk)
    assert night.members.get(is_host=True).user == second
    services.leave_night(user=second, night_id=night.pk)
    services.leave_night(user=third, night_id=night.pk)
    assert not MovieNight.objects.filter(pk=night.pk).exists()


def test_freed_seat_is_given_again(gather: Gather) -> None:
    night, people = gather(6)
    services.leave_night(user=people[2], night_id=night.pk)
    services.join_night(user=make_person("late"), slug=night.invite_slug or "", name="Late")
    assert night.members.get(name="Late").seat == 3


def test_only_the_host_decides(gather: Gather) -> None:
    night, (_host, guest) = gather(2)
    seat = night.members.get(is_host=True)
    calls = (
        lambda: services.change_link(host=guest, night_id=night.pk, is_open=True),
        lambda: services.call_off(host=guest, night_id=night.pk),
        lambda: services.remove_member(host=guest, night_id=night.pk, member_id=seat.pk),
        lambda: services.change_rule(host=guest, night_id=night.pk, rule=RULE, allows_seen=True),
        lambda: services.pick_film(host=guest, night_id=night.pk, movie_id=1),
        lambda: services.unpick_film(host=guest, night_id=night.pk, movie_id=1),
        lambda: start_vote(host=guest, night_id=night.pk),
    )
    for call in calls:
        with pytest.raises(NotHostError):
            call()


def test_stranger_finds_no_night(gather: Gather) -> None:
    night, _people = gather(2)
    for night_id in (night.pk, night.pk + 1):
        with pytest.raises(UnknownNightError):
            services.change_link(host=make_person(f"s{night_id}"), night_id=night_id, is_open=True)


def test_night_whose_time_ran_out_lets_nobody_in_and_changes_no_more(gather: Gather) -> None:
    night, (host, guest) = gather(2)
    MovieNight.objects.update(expires_at=timezone.now())
    with pytest.raises(UnknownInvitationError):
        services.join_night(user=make_person("late"), slug=night.invite_slug or "", name="Late")
    with pytest.raises(NightOverError):
        start_vote(host=host, night_id=night.pk)
    services.leave_night(user=guest, night_id=night.pk)
    assert night.members.count() == 1


def test_old_nights_and_empty_ones_are_forgotten(gather: Gather) -> None:
    old, _people = gather(2)
    MovieNight.objects.update(expires_at=timezone.now() - timedelta(days=8))
    empty = MovieNight.objects.create(rule=RULE)
    host = make_person("host")
    fresh = services.create_night(host=host, name="Host", rule=RULE)
    over = services.create_night(host=host, name="Host", rule=RULE)
    MovieNight.objects.filter(pk=over.pk).update(expires_at=timezone.now() - timedelta(days=6))
    assert services.forget_old_nights() == 2
    left = set(MovieNight.objects.values_list("pk", flat=True))
    assert left == {fresh.pk, over.pk}
    assert not {old.pk, empty.pk} & left


def test_one_person_is_in_ten_open_nights_at_most() -> None:
    host = make_person("host")
    for _ in range(services.MAX_OPEN_NIGHTS):
        services.create_night(host=host, name="Host", rule=RULE)
    with pytest.raises(TooManyNightsError):
        services.create_night(host=host, name="Host", rule=RULE)
    other = services.create_night(host=make_person("b"), name="B", rule=RULE)
    with pytest.raises(TooManyNightsError):
        services.join_night(user=host, slug=other.invite_slug or "", name="Host")
    MovieNight.objects.update(expires_at=timezone.now())
    services.create_night(host=host, name="Host", rule=RULE)


def test_host_makes_a_list_by_hand(catalogue: list[Movie]) -> None:
    night, (host, _guest) = gather_people(2, rule=MovieNight.Rule.HOST_PICKS)
    for movie_id in (5, 6, 5):
        services.pick_film(host=host, night_id=night.pk, movie_id=movie_id)
    services.unpick_film(host=host, night_id=night.pk, movie_id=5)
    services.pick_film(host=host, night_id=night.pk, movie_id=7)
    films = NightFilm.objects.filter(night=night).order_by("rank")
    assert list(films.values_list("movie_id", flat=True)) == [6, 7]
    with pytest.raises(UnknownMovieError):
        services.pick_film(host=host, night_id=night.pk, movie_id=999)
    for movie_id in range(10, 10 + FILMS_PER_VOTE - 2):
        services.pick_film(host=host, night_id=night.pk, movie_id=movie_id)
    with pytest.raises(TooManyFilmsError):
        services.pick_film(host=host, night_id=night.pk, movie_id=30)


def test_no_film_is_picked_by_hand_under_another_rule(catalogue: list[Movie]) -> None:
    night, (host, _guest) = gather_people(2)
    with pytest.raises(NightMovedOnError):
        services.pick_film(host=host, night_id=night.pk, movie_id=5)


@pytest.mark.parametrize(
    "seat",
    [
        {"seat": 7},
        {"seat": 0},
        {"seat": 1},
        {"seat": 2, "name": "person 1"},
        {"seat": 2, "is_host": True},
    ],
)
def test_database_keeps_six_seats_one_name_one_host(
    seat: dict[str, object], gather: Gather
) -> None:
    night, _people = gather(1)
    fields = {"night": night, "user": make_person("x"), "name": "X", **seat}
    with pytest.raises(IntegrityError), transaction.atomic():
        NightMember.objects.create(**fields)
