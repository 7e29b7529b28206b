import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.deletion import delete_account
from accounts.models import User
from accounts.personal_data import collect_files
from accounts.services import delete_expired_guests, merge_guest
from recommender.models import ModelVersion
from recommender.night.models import MovieNight, NightApproval, NightForecast, NightMember
from recommender.night.services import create_night, join_night, leave_night
from recommender.night.voting import cast_ballot
from tests.catalog.factories import make_guest
from tests.recommender.night.conftest import RULE, begin_vote, gather_people, make_person

pytestmark = pytest.mark.django_db


def read_export(user: User) -> list[dict[str, Any]]:
    files = {file.name: "".join(file.pieces) for file in collect_files(user=user)}
    nights: list[dict[str, Any]] = json.loads(files["json/movie-nights.json"])
    return nights


def test_export_holds_ones_own_part_and_nothing_of_others(active_model: ModelVersion) -> None:
    night, people, films = begin_vote(2)
    cast_ballot(user=people[0], night_id=night.pk, round_number=1, film_ids=films[:2])
    cast_ballot(user=people[1], night_id=night.pk, round_number=1, film_ids=films[1:2])
    (entry,) = read_export(people[0])
    assert entry["name"] == "Person 1"
    assert entry["is_host"] is True
    assert len(entry["predicted"]) == len(films)
    assert [film["title"] for film in entry["would_watch"]][1] == entry["winner"]
    assert "Person 2" not in json.dumps(entry)
    assert read_export(make_person("other")) == []


def test_deleted_account_leaves_its_nights_to_the_others(active_model: ModelVersion) -> None:
    night, people, films = begin_vote(3)
    alone = create_night(host=people[0], name="Alone", rule=RULE)
    cast_ballot(user=people[0], night_id=night.pk, round_number=1, film_ids=films)
    assert delete_account(user=people[0])
    assert not MovieNight.objects.filter(pk=alone.pk).exists()
    assert night.members.get(is_host=True).user == people[1]
    assert not NightApproval.objects.exists()
    assert NightForecast.objects.count() == 2 * len(films)


def test_guest_takes_seat_and_ballot_into_the_account(active_model: ModelVersion) -> None:
    host, guest, account = make_person("host"), make_guest(), make_person("account")
    night = create_night(host=host, name="Host", rule=RULE)
    join_night(user=guest, slug=night.invite_slug or "", name="Guest")
    merge_guest(guest=guest, user=account)
    seat = night.members.get(user=account)
    assert (seat.name, seat.seat, seat.is_host) == ("Guest", 2, False)


def test_person_with_two_seats_keeps_one_with_the_newer_ballot(
    active_model: ModelVersion,
) -> None:
    night, people, films = begin_vote(3)
    account, guest = people[1], people[0]
    User.objects.filter(pk=guest.pk).update(
        is_guest=True, expires_at=timezone.now() + timedelta(days=9)
    )
    cast_ballot(user=account, night_id=night.pk, round_number=1, film_ids=films[:1])
    cast_ballot(user=guest, night_id=night.pk, round_number=1, film_ids=films[1:3])
    merge_guest(guest=User.objects.get(pk=guest.pk), user=account)
    seat = night.members.get(user=account)
    assert (seat.name, seat.is_host) == ("Person 2", True)
    assert night.members.count() == 2
    approved = NightApproval.objects.filter(member=seat).values_list("film_id", flat=True)
    assert set(approved) == set(films[1:3])


def test_older_ballot_of_a_guest_gives_way(active_model: ModelVersion) -> None:
    night, people, films = begin_vote(3)
    guest, account = people[2], people[1]
    User.objects.filter(pk=guest.pk).update(
        is_guest=True, expires_at=timezone.now() + timedelta(days=9)
    )
    cast_ballot(user=guest, night_id=night.pk, round_number=1, film_ids=films[:1])
    cast_ballot(user=account, night_id=night.pk, round_number=1, film_ids=films[1:2])
    merge_guest(guest=User.objects.get(pk=guest.pk), user=account)
    approved = NightApproval.objects.filter(member__night=night)
    assert list(approved.values_list("film_id", flat=True)) == [films[1]]


def test_leaving_takes_forecasts_and_ballot_along(active_model: ModelVersion) -> None:
    night, people, films = begin_vote(3)
    cast_ballot(user=people[2], night_id=night.pk, round_number=1, film_ids=films)
    leave_night(user=people[2], night_id=night.pk)
    assert not NightApproval.objects.exists()
    assert not NightForecast.objects.filter(member__user=people[2]).exists()
    assert not NightMember.objects.filter(user=people[2]).exists()


def test_guest_who_expired_leaves_the_night_with_a_host(db: None) -> None:
    host, other = make_guest(), make_person("other")
    night = create_night(host=host, name="Guest", rule=RULE)
    join_night(user=other, slug=night.invite_slug or "", name="Other")
    User.objects.filter(pk=host.pk).update(expires_at=timezone.now())
    assert delete_expired_guests() == 1
    assert night.members.get().is_host


def test_night_goes_with_the_last_account(db: None) -> None:
    night, people = gather_people(1)
    delete_account(user=people[0])
    assert not MovieNight.objects.filter(pk=night.pk).exists()
