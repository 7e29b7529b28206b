from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.models import Movie
from recommender.models import ModelVersion
from recommender.night import services, voting
from recommender.night.access import (
    NightMovedOnError,
    NotHostError,
    NoVotesError,
    TooFewFilmsError,
    TooFewPeopleError,
    UnknownNightError,
)
from recommender.night.models import (
    MovieNight,
    NightApproval,
    NightFilm,
    NightForecast,
    NightMember,
)
from recommender.night.selectors import get_night_view
from recommender.night.voting import Tally, cast_ballot, close_vote, pick_winner, start_over
from tests.recommender.night.conftest import (
    begin_vote,
    gather_people,
    get_film_ids,
    make_person,
)

pytestmark = pytest.mark.django_db


def vote(night: MovieNight, person: object, *film_ids: int) -> MovieNight:
    return cast_ballot(
        user=person,  # type: ignore[arg-type]
        night_id=night.pk,
        round_number=night.round,
        film_ids=film_ids,
    )


def get_winner(night: MovieNight) -> int | None:
    return (
        NightFilm.objects.filter(night=night, is_winner=True).values_list("pk", flat=True).first()
    )


def test_most_approvals_win() -> None:
    tallies = [Tally(1, 1, 1, (5.0, 5.0)), Tally(2, 2, 2, (3.0, 3.0))]
    assert pick_winner(tallies) == tallies[1]


def test_tie_goes_to_the_least_misery_then_the_mean_then_the_rank() -> None:
    least = [Tally(1, 1, 2, (5.0, 3.0)), Tally(2, 2, 2, (3.5, 3.5))]
    assert pick_winner(least) == least[1]
    mean = [Tally(1, 1, 2, (3.5, 4.0)), Tally(2, 2, 2, (3.5, 4.5))]
    assert pick_winner(mean) == mean[1]
    rank = [Tally(1, 2, 2, (3.5, 4.0)), Tally(2, 1, 2, (4.0, 3.5))]
    assert pick_winner(rank) == rank[1]


def test_film_that_nobody_would_watch_does_not_win() -> None:
    assert pick_winner([Tally(1, 1, 0, (5.0, 5.0))]) is None
    assert pick_winner([]) is None


def test_vote_needs_two_people(active_model: ModelVersion) -> None:
    night, (host,) = gather_people(1)
    with pytest.raises(TooFewPeopleError):
        voting.start_vote(host=host, night_id=night.pk)


def test_vote_needs_films(db: None) -> None:
    night, people = gather_people(2)
    with pytest.raises(TooFewFilmsError):
        voting.start_vote(host=people[0], night_id=night.pk)
    night.refresh_from_db()
    assert night.status == MovieNight.Status.GATHERING
    assert not night.films.exists()


def test_vote_puts_up_films_with_everybodys_stars(active_model: ModelVersion) -> None:
    night, _people, films = begin_vote(3)
    assert night.status == MovieNight.Status.VOTING
    assert len(films) == voting.FILMS_PER_VOTE
    assert NightForecast.objects.count() == 3 * len(films)


def test_last_ballot_decides(active_model: ModelVersion) -> None:
    night, people, films = begin_vote(3)
    assert vote(night, people[0], films[0], films[1]).status == MovieNight.Status.VOTING
    assert vote(night, people[1], films[1]).status == MovieNight.Status.VOTING
    decided = vote(night, people[2])
    assert decided.status == MovieNight.Status.DECIDED
    assert decided.decided_at is not None
    assert decided.expires_at - decided.decided_at == timedelta(days=30)
    assert get_winner(night) == films[1]


def test_voting_again_replaces_the_ballot(active_model: ModelVersion) -> None:
    night, people, films = begin_vote(2)
    vote(night, people[0], films[0], films[1])
    vote(night, people[0], films[2])
    approved = NightApproval.objects.filter(member__user=people[0])
    assert list(approved.values_list("film_id", flat=True)) == [films[2]]
    vote(night, people[1])
    assert get_winner(night) == films[2]


def test_nothing_approved_decides_for_nothing(active_model: ModelVersion) -> None:
    night, people, _films = begin_vote(2)
    vote(night, people[0])
    assert vote(night, people[1]).status == MovieNight.Status.DECIDED
    assert get_winner(night) is None


def test_host_closes_early_once_somebody_has_voted(active_model: ModelVersion) -> None:
    night, (host, second, _third), films = begin_vote(3)
    with pytest.raises(NoVotesError):
        close_vote(host=host, night_id=night.pk)
    vote(night, second, films[3])
    with pytest.raises(NotHostError):
        close_vote(host=second, night_id=night.pk)
    assert close_vote(host=host, night_id=night.pk).status == MovieNight.Status.DECIDED
    assert get_winner(night) == films[3]
    with pytest.raises(NightMovedOnError):
        vote(night, host, films[0])
    with pytest.raises(NightMovedOnError):
        close_vote(host=host, night_id=night.pk)


def test_ballot_of_strangers_other_nights_and_earlier_rounds_is_refused(
    active_model: ModelVersion,
) -> None:
    night, people, films = begin_vote(2)
    with pytest.raises(UnknownNightError):
        vote(night, make_person("stranger"), films[0])
    with pytest.raises(NightMovedOnError):
        vote(night, people[0], films[0], films[-1] + 1000)
    with pytest.raises(NightMovedOnError):
        cast_ballot(
            user=people[0], night_id=night.pk, round_number=night.round + 1, film_ids=[films[0]]
        )
    assert not NightApproval.objects.exists()


def test_starting_over_brings_other_films(active_model: ModelVersion) -> None:
    night, people, films = begin_vote(2)
    first = set(NightFilm.objects.filter(pk__in=films).values_list("movie_id", flat=True))
    vote(night, people[0], films[0])
    vote(night, people[1], films[0])
    again = start_over(host=people[0], night_id=night.pk)
    assert (again.status, again.round, again.decided_at) == ("gathering", 2, None)
    assert not NightApproval.objects.exists()
    assert not NightForecast.objects.exists()
    assert get_winner(night) is None
    assert not NightMember.objects.filter(voted_at__isnull=False).exists()
    services.join_night(user=make_person("late"), slug=again.invite_slug or "", name="Late")
    night = voting.start_vote(host=people[0], night_id=night.pk)
    second = NightFilm.objects.filter(pk__in=get_film_ids(night))
    assert second.count() == voting.FILMS_PER_VOTE
    assert not first & set(second.values_list("movie_id", flat=True))


def test_ballot_goes_with_whoever_leaves_and_the_rest_decide(active_model: ModelVersion) -> None:
    night, people, films = begin_vote(3)
    vote(night, people[1], films[1])
    vote(night, people[2], films[2])
    services.leave_night(user=people[1], night_id=night.pk)
    night.refresh_from_db()
    assert night.status == MovieNight.Status.VOTING
    services.leave_night(user=people[0], night_id=night.pk)
    night.refresh_from_db()
    # One is left: nothing to vote on, and the same films may come again.
    assert night.status == MovieNight.Status.GATHERING
    assert not night.films.exists()


def test_counts_stay_when_voters_leave_so_that_no_difference_tells_their_ballot(
    active_model: ModelVersion,
) -> None:
    night, people, films = begin_vote(3)
    vote(night, people[0], films[0])
    vote(night, people[1], films[0], films[1])
    vote(night, people[2], films[0])

    def read_counts() -> list[int]:
        seat = NightMember.objects.select_related("night").get(night=night, user=people[0])
        return [film.would_watch for film in get_night_view(seat).films][:2]

    assert read_counts() == [3, 1]
    services.leave_night(user=people[1], night_id=night.pk)
    assert read_counts() == [3, 1]


def test_removing_whom_all_waited_for_decides(active_model: ModelVersion) -> None:
    night, people, films = begin_vote(3)
    vote(night, people[0], films[1])
    vote(night, people[1], films[1])
    late = night.members.get(user=people[2])
    services.remove_member(host=people[0], night_id=night.pk, member_id=late.pk)
    night.refresh_from_db()
    assert night.status == MovieNight.Status.DECIDED
    assert get_winner(night) == films[1]


def test_list_made_by_hand_is_voted_on_with_its_stars(
    catalogue: list[Movie], active_model: ModelVersion
) -> None:
    night, people = gather_people(2, rule=MovieNight.Rule.HOST_PICKS)
    services.pick_film(host=people[0], night_id=night.pk, movie_id=40)
    with pytest.raises(TooFewFilmsError):
        voting.start_vote(host=people[0], night_id=night.pk)
    services.pick_film(host=people[0], night_id=night.pk, movie_id=41)
    night = voting.start_vote(host=people[0], night_id=night.pk)
    films = NightFilm.objects.filter(night=night).order_by("rank")
    assert list(films.values_list("movie_id", flat=True)) == [40, 41]
    assert NightForecast.objects.count() == 4


def test_vote_whose_time_ran_out_is_decided_by_the_ballots_there_are(
    active_model: ModelVersion,
) -> None:
    night, people, films = begin_vote(3)
    vote(night, people[0], films[2])
    assert voting.finish_expired_nights() == 0
    MovieNight.objects.update(expires_at=timezone.now())
    assert voting.finish_expired_nights() == 1
    assert voting.finish_expired_nights() == 0
    night.refresh_from_db()
    assert night.status == MovieNight.Status.DECIDED
    assert not night.is_over
    assert get_winner(night) == films[2]


def test_vote_without_any_ballot_runs_out_undecided(active_model: ModelVersion) -> None:
    night, _people, _films = begin_vote(2)
    MovieNight.objects.update(expires_at=timezone.now())
    assert voting.finish_expired_nights() == 0
    night.refresh_from_db()
    assert night.status == MovieNight.Status.VOTING


def test_every_change_has_a_version_of_its_own(active_model: ModelVersion) -> None:
    night, people = gather_people(2)
    seen = [night.version]
    steps = (
        lambda: services.change_link(host=people[0], night_id=night.pk, is_open=True),
        lambda: voting.start_vote(host=people[0], night_id=night.pk),
        lambda: vote(MovieNight.objects.get(pk=night.pk), people[0]),
        lambda: close_vote(host=people[0], night_id=night.pk),
        lambda: start_over(host=people[0], night_id=night.pk),
        lambda: services.leave_night(user=people[1], night_id=night.pk),
    )
    for step in steps:
        step()
        seen.append(MovieNight.objects.get(pk=night.pk).version)
    assert seen == sorted(set(seen))
