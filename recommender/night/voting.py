"""The vote: films are put up, everybody says which they would watch, one film wins."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils import timezone

from accounts.models import User
from catalog.models import Movie
from recommender.ml.groups import Strategy
from recommender.night.access import (
    NightMovedOnError,
    NoVotesError,
    TooFewFilmsError,
    TooFewPeopleError,
    lock_hosted_night,
    lock_night,
    require_status,
    save_change,
)
from recommender.night.models import (
    KEPT_FOR,
    MIN_MEMBERS,
    MovieNight,
    NightApproval,
    NightFilm,
    NightForecast,
    NightMember,
)
from recommender.night.suggesting import FilmForGroup, forecast_films, suggest_films

FILMS_PER_VOTE = 8
MIN_FILMS = 2
# How often films are looked for anew where people come and go meanwhile.
MAX_TRIES = 5
Status = MovieNight.Status
STRATEGIES: dict[str, Strategy] = {
    MovieNight.Rule.WITHOUT_MISERY: "average_without_misery",
    MovieNight.Rule.LEAST_MISERY: "least_misery",
}


@dataclass(frozen=True, slots=True)
class Tally:
    """A film, how many would watch it, and what was predicted of it; `stars` may lack people."""

    film_id: int
    rank: int
    approvals: int
    stars: tuple[float, ...]


def pick_winner(tallies: Iterable[Tally]) -> Tally | None:
    """Return the film that wins an approval vote; None where nobody would watch any.

    Everybody ticks all they would watch, and the film most people would watch wins. Approval, not
    ranking, because six people and eight films want to be done in half a minute on a phone: a tick
    a film is all there is to explain, it asks "would I sit through this?", which is what a shared
    evening turns on, and it rewards no tactics of hiding one's second choice (Brams & Fishburn
    1978, "Approval voting"). With so few ballots ties are usual; a tie goes to the film whose least
    keen person is predicted most stars, then to the higher mean of predicted stars, then to the one
    listed first.
    """
    best = max(tallies, key=_order, default=None)
    return best if best is not None and best.approvals else None


def _order(tally: Tally) -> tuple[float, ...]:
    least = min(tally.stars, default=0.0)
    mean = sum(tally.stars) / len(tally.stars) if tally.stars else 0.0
    return tally.approvals, least, mean, -tally.rank


def start_vote(*, host: User, night_id: int) -> MovieNight:
    """Put films up by the night's rule, and ask everybody.

    What they are shown is computed before the night is locked, so that nobody who joins, leaves or
    deletes an account waits for it; if the night changes meanwhile or a film is deleted, it is
    computed again.

    Raises:
        UnknownNightError: there is no such night, or they are not in it.
        NotHostError: they are not its host.
        NightRefusedError: it is over, not gathering, or has too few people or films, or changes
            without end; a subclass.
    """
    for _ in range(MAX_TRIES):
        with transaction.atomic():
            night, members = _lock_gathering(night_id=night_id, host=host)
        found = _leave_out_deleted(_find_films(night, members))
        try:
            with transaction.atomic():
                current, people = _lock_gathering(night_id=night_id, host=host)
                if current.version != night.version or people != members:
                    continue
                _put_up_films(current, members, found)
                current.status = Status.VOTING
                save_change(current, is_step=True)
                return current
        except IntegrityError:  # a film was deleted just now: the next turn leaves it out
            continue
    raise NightMovedOnError


def _lock_gathering(*, night_id: int, host: User) -> tuple[MovieNight, list[NightMember]]:
    """Lock a night that a vote may begin in; return it and who is in it, by seat."""
    night, _ = lock_hosted_night(night_id=night_id, host=host)
    require_status(night, Status.GATHERING)
    members = list(night.members.order_by("seat"))
    if len(members) < MIN_MEMBERS:
        raise TooFewPeopleError
    return night, members


def _find_films(night: MovieNight, members: Sequence[NightMember]) -> list[FilmForGroup]:
    """Return what is put up, with the predicted stars of each of the members."""
    user_ids = [member.user_id for member in members]
    if night.rule == MovieNight.Rule.HOST_PICKS:
        picked = night.films.filter(round=night.round).order_by("rank")
        movie_ids = list(picked.values_list("movie_id", flat=True))
        return forecast_films(user_ids=user_ids, movie_ids=movie_ids)
    earlier = night.films.exclude(round=night.round)
    return suggest_films(
        user_ids=user_ids,
        strategy=STRATEGIES[night.rule],
        limit=FILMS_PER_VOTE,
        allows_seen=night.allows_seen,
        excluded_movie_ids=list(earlier.values_list("movie_id", flat=True)),
    )


def _leave_out_deleted(found: Sequence[FilmForGroup]) -> list[FilmForGroup]:
    """Return those still in the database: a snapshot is older, and may have more."""
    movies = Movie.objects.in_bulk([each.movie_id for each in found])
    return [each for each in found if each.movie_id in movies]


def _put_up_films(
    night: MovieNight, members: Sequence[NightMember], found: Sequence[FilmForGroup]
) -> None:
    """Write what is voted on and what is predicted of it, with nobody's ballot yet."""
    if night.rule == MovieNight.Rule.HOST_PICKS:
        films = list(night.films.filter(round=night.round).order_by("rank"))
    else:
        night.films.filter(round=night.round).delete()
        films = NightFilm.objects.bulk_create(
            NightFilm(night=night, movie_id=each.movie_id, round=night.round, rank=rank)
            for rank, each in enumerate(found, start=1)
        )
    if len(films) < MIN_FILMS:
        raise TooFewFilmsError
    stars_of = {each.movie_id: each.stars for each in found}
    NightForecast.objects.bulk_create(
        NightForecast(film=film, member=member, stars=stars)
        for film in films
        for member, stars in zip(members, stars_of[film.movie_id], strict=True)
        if stars is not None
    )
    NightMember.objects.filter(night=night).update(voted_at=None)


@transaction.atomic
def cast_ballot(
    *, user: User, night_id: int, round_number: int, film_ids: Collection[int]
) -> MovieNight:
    """Keep which films somebody would watch, in place of what they said before; none is an answer.

    `film_ids` are of `NightFilm`. The last ballot decides.

    Raises:
        UnknownNightError: there is no such night, or they are not in it.
        NightRefusedError: it is over, or the vote these films are of is; a subclass.
    """
    night, member = lock_night(night_id=night_id, user=user)
    require_status(night, Status.VOTING)
    wanted = set(film_ids)
    films = list(night.films.filter(round=night.round, pk__in=wanted))
    if round_number != night.round or len(films) != len(wanted):
        raise NightMovedOnError
    NightApproval.objects.filter(member=member).delete()
    NightApproval.objects.bulk_create(NightApproval(film=film, member=member) for film in films)
    member.voted_at = timezone.now()
    member.save(update_fields=["voted_at"])
    if not night.members.filter(voted_at=None).exists():
        _decide(night)
    save_change(night)
    return night


@transaction.atomic
def close_vote(*, host: User, night_id: int) -> MovieNight:
    """Decide by the ballots there are, without waiting for the rest.

    Raises:
        UnknownNightError: there is no such night, or they are not in it.
        NotHostError: they are not its host.
        NightRefusedError: it is over, not voting, or nobody has voted; a subclass.
    """
    night, _ = lock_hosted_night(night_id=night_id, host=host)
    require_status(night, Status.VOTING)
    if not night.members.filter(voted_at__isnull=False).exists():
        raise NoVotesError
    _decide(night)
    save_change(night)
    return night


def _decide(night: MovieNight) -> None:
    """Turn a locked night's ballots into a winner; the caller saves the night."""
    tallies = count_ballots(night)
    counted = [NightFilm(pk=tally.film_id, votes=tally.approvals) for tally in tallies]
    NightFilm.objects.bulk_update(counted, ["votes"])
    winner = pick_winner(tallies)
    night.films.filter(is_winner=True).update(is_winner=False)
    if winner is not None:
        NightFilm.objects.filter(pk=winner.film_id).update(is_winner=True)
    night.status = Status.DECIDED
    night.decided_at = timezone.now()
    night.expires_at = night.decided_at + KEPT_FOR


def count_ballots(night: MovieNight) -> list[Tally]:
    """Return the films of this round, in their order, with their approvals; two queries."""
    films = night.films.filter(round=night.round).order_by("rank", "pk")
    rows = list(films.annotate(count=Count("approvals")).values_list("pk", "rank", "count"))
    stars: dict[int, list[float]] = defaultdict(list)
    forecasts = NightForecast.objects.filter(film__night=night, film__round=night.round)
    for film_id, value in forecasts.values_list("film_id", "stars"):
        stars[film_id].append(value)
    return [Tally(pk, rank, count, tuple(stars[pk])) for pk, rank, count in rows]


@transaction.atomic
def start_over(*, host: User, night_id: int) -> MovieNight:
    """Let people gather again, for a vote on other films than before.

    Raises:
        UnknownNightError: there is no such night, or they are not in it.
        NotHostError: they are not its host.
        NightRefusedError: it is over or still gathering; a subclass.
    """
    night, _ = lock_hosted_night(night_id=night_id, host=host)
    require_status(night, Status.VOTING, Status.DECIDED)
    _forget_vote(night)
    night.round += 1
    save_change(night, is_step=True)
    return night


def _forget_vote(night: MovieNight) -> None:
    """Take a locked night back to gathering; films that were up are kept, so as not to come again.

    The caller saves the night.
    """
    NightApproval.objects.filter(member__night=night).delete()
    NightForecast.objects.filter(member__night=night).delete()
    night.films.filter(is_winner=True).update(is_winner=False)
    night.members.update(voted_at=None)
    night.status, night.decided_at = Status.GATHERING, None


def settle_after_leaving(night: MovieNight) -> None:
    """Go on with a locked night that somebody has just left; the caller saves the night.

    One person alone has nothing to vote on: people gather again, and the same films may come again.
    Where all who are left have voted, that decides.
    """
    if night.status != Status.VOTING:
        return
    if night.members.count() < MIN_MEMBERS:
        _forget_vote(night)
        if night.rule != MovieNight.Rule.HOST_PICKS:
            night.films.filter(round=night.round).delete()
    elif not night.members.filter(voted_at=None).exists():
        _decide(night)


def finish_expired_nights() -> int:
    """Decide votes whose time has run out by the ballots there are; return how many.

    Who has not voted by then is not counted; a vote without any ballot stays undecided. A night
    that somebody is changing right now is left for the next time.
    """
    due = MovieNight.objects.filter(
        status=Status.VOTING, expires_at__lte=timezone.now(), members__voted_at__isnull=False
    )
    decided = 0
    for night_id in set(due.values_list("pk", flat=True)):
        with transaction.atomic():
            locked = MovieNight.objects.select_for_update(no_key=True, skip_locked=True)
            night = locked.filter(pk=night_id, status=Status.VOTING).first()
            if night is not None and night.is_over:
                _decide(night)
                save_change(night)
                decided += 1
    return decided
