"""What the pages of movie nights show; what others see of a person is their name and forecasts."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.models import User
from catalog.posters import find_genre_slug
from catalog.selectors import MovieCard, get_movie_cards
from recommender.night.explaining import Forecast, explain_film
from recommender.night.models import (
    MAX_MEMBERS,
    MovieNight,
    NightApproval,
    NightFilm,
    NightForecast,
    NightMember,
)

NIGHTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class FilmUp:
    """A film up for the vote, as one member sees it.

    `would_watch` counts votes, known to all once the vote is decided; `is_mine` says that the
    member approves.
    """

    pk: int
    card: MovieCard
    forecasts: tuple[Forecast, ...]
    why: str
    would_watch: int
    is_mine: bool
    is_winner: bool

    @property
    def tone(self) -> str:
        """The genre whose colour tints the film."""
        return find_genre_slug(self.card.genres)


@dataclass(frozen=True, slots=True)
class NightView:
    """A night as one of its members sees it; `members` by seat, `films` of this round by rank."""

    night: MovieNight
    me: NightMember
    members: list[NightMember]
    films: list[FilmUp]

    @property
    def winner(self) -> FilmUp | None:
        """The film that won."""
        return next((film for film in self.films if film.is_winner), None)

    @property
    def host(self) -> NightMember | None:
        """Who may close and remove."""
        return next((member for member in self.members if member.is_host), None)

    @property
    def voted_count(self) -> int:
        """How many have voted."""
        return sum(member.voted_at is not None for member in self.members)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What somebody with a link is told before they join: who invites, and how many are in."""

    night: MovieNight
    host_name: str
    member_count: int

    @property
    def is_open(self) -> bool:
        """Whether one may still come in."""
        is_gathering = self.night.status == MovieNight.Status.GATHERING
        return is_gathering and self.member_count < MAX_MEMBERS


@dataclass(frozen=True, slots=True)
class NightEntry:
    """A night in somebody's list."""

    pk: int
    status: str
    is_over: bool
    created_at: datetime
    member_count: int
    winner_title: str | None


def get_seat(*, user: User | None, night_id: int) -> NightMember | None:
    """Return somebody's seat with its night; None where they are not in it. One query."""
    if user is None:
        return None
    seats = NightMember.objects.select_related("night")
    return seats.filter(night_id=night_id, user=user).first()


def get_members(night: MovieNight) -> list[NightMember]:
    """Return who is in, by seat; one query."""
    return list(night.members.order_by("seat"))


def get_night_view(seat: NightMember) -> NightView:
    """Return all that the page shows to whoever sits there; five queries, however many films."""
    members = get_members(seat.night)
    return NightView(seat.night, seat, members, _get_films(seat, members))


def _get_films(seat: NightMember, members: list[NightMember]) -> list[FilmUp]:
    night = seat.night
    rows = list(NightFilm.objects.filter(night=night, round=night.round).order_by("rank", "pk"))
    cards = {card.id: card for card in get_movie_cards([row.movie_id for row in rows])}
    stars: dict[int, dict[int, float]] = defaultdict(dict)
    forecasts = NightForecast.objects.filter(film__in=rows)
    for film_id, member_id, value in forecasts.values_list("film_id", "member_id", "stars"):
        stars[film_id][member_id] = value
    mine = set(NightApproval.objects.filter(member=seat).values_list("film_id", flat=True))
    is_decided = night.status == MovieNight.Status.DECIDED
    films = []
    for row in rows:
        if row.movie_id not in cards:
            continue
        seen = tuple(Forecast(each.name, stars[row.pk].get(each.pk)) for each in members)
        films.append(
            FilmUp(
                pk=row.pk,
                card=cards[row.movie_id],
                forecasts=seen,
                why=explain_film(rule=night.rule, forecasts=seen),
                would_watch=row.votes if is_decided else 0,
                is_mine=row.pk in mine,
                is_winner=row.is_winner,
            )
        )
    return films


def get_invitation(slug: str) -> Invitation | None:
    """Return what the link opens; None where it opens nothing any more. Two queries."""
    open_nights = MovieNight.objects.filter(expires_at__gt=timezone.now())
    night = open_nights.filter(invite_slug=slug).annotate(people=Count("members")).first()
    if night is None:
        return None
    host = NightMember.objects.filter(night=night, is_host=True).first()
    return Invitation(night, host.name if host else "", night.people)


def get_nights(*, user: User | None) -> list[NightEntry]:
    """Return the nights somebody is in, newest first; one query."""
    if user is None:
        return []
    winner = NightFilm.objects.filter(night=OuterRef("night"), is_winner=True)
    seats: QuerySet[NightMember] = NightMember.objects.filter(user=user).select_related("night")
    rows = seats.annotate(
        people=Count("night__members"), winner_title=Subquery(winner.values("movie__title")[:1])
    ).order_by("-night__created_at", "-night_id")[:NIGHTS_SHOWN]
    return [
        NightEntry(
            row.night_id,
            row.night.status,
            row.night.is_over,
            row.night.created_at,
            row.people,
            row.winner_title,
        )
        for row in rows
    ]
