"""What of movie nights is one person's: for their export, their end, and guests who sign up."""

from collections.abc import Iterable, Iterator

from django.db.models import F

from accounts.models import User
from accounts.personal_data import ExportedFile, write_json
from recommender.night.access import UnknownNightError, save_change
from recommender.night.models import (
    MovieNight,
    NightApproval,
    NightFilm,
    NightForecast,
    NightMember,
)
from recommender.night.services import leave_night
from recommender.night.voting import settle_after_leaving


def export_nights(user: User) -> Iterable[ExportedFile]:
    """Return the nights somebody is in: their own name, forecasts and ballot, and what won."""
    yield ExportedFile("json/movie-nights.json", write_json(_read_nights(user)))


def _read_nights(user: User) -> Iterator[dict[str, object]]:
    seats = NightMember.objects.filter(user=user).select_related("night").order_by("pk")
    films = {"movie_id": F("film__movie_id"), "title": F("film__movie__title")}
    for seat in seats.iterator(chunk_size=500):
        forecasts = NightForecast.objects.filter(member=seat).order_by("film__rank")
        ballot = NightApproval.objects.filter(member=seat).order_by("film__rank")
        winner = NightFilm.objects.filter(night=seat.night, is_winner=True)
        yield {
            "name": seat.name,
            "is_host": seat.is_host,
            "joined_at": seat.joined_at,
            "voted_at": seat.voted_at,
            "status": seat.night.status,
            "created_at": seat.night.created_at,
            "predicted": list(forecasts.values("stars", **films)),
            "would_watch": list(ballot.values(**films)),
            "winner": winner.values_list("movie__title", flat=True).first(),
        }


def erase_nights(user: User) -> None:
    """Leave all nights, so that what somebody hosted passes to the others and votes go on."""
    seats = NightMember.objects.filter(user=user).order_by("night_id")
    for night_id in list(seats.values_list("night_id", flat=True)):
        try:
            leave_night(user=user, night_id=night_id)
        except UnknownNightError:  # called off, or they were removed, this very moment
            continue


def merge_nights(*, guest: User, user: User) -> None:
    """Give a guest's seats to the account, whose row is locked with the guest's.

    Where both sit in one night, which is one person's two browsers, the account's seat stays and
    has the newer of the two ballots.
    """
    seats = NightMember.objects.filter(user=guest).order_by("night_id")
    for night_id in list(seats.values_list("night_id", flat=True)):
        night = MovieNight.objects.select_for_update(no_key=True).filter(pk=night_id).first()
        theirs = NightMember.objects.filter(night_id=night_id, user=guest).first()
        if night is None or theirs is None:
            continue
        mine = NightMember.objects.filter(night=night, user=user).first()
        if mine is None:
            theirs.user = user
            theirs.save(update_fields=["user"])
            continue
        _join_seats(theirs, mine)
        settle_after_leaving(night)
        save_change(night)


def _join_seats(theirs: NightMember, mine: NightMember) -> None:
    if theirs.voted_at and (mine.voted_at is None or theirs.voted_at > mine.voted_at):
        NightApproval.objects.filter(member=mine).delete()
        NightApproval.objects.filter(member=theirs).update(member=mine)
        mine.voted_at = theirs.voted_at
    mine.is_host = mine.is_host or theirs.is_host
    theirs.delete()
    mine.save(update_fields=["voted_at", "is_host"])
