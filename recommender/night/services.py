"""Gathering for a movie night: made, joined, left; the link, the rule and the host's picks."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.models import User
from catalog.list_models import is_called
from catalog.services import lock_user, require_movie
from recommender.night.access import (
    NameTakenError,
    NightFullError,
    NightMovedOnError,
    TooManyFilmsError,
    TooManyNightsError,
    UnknownInvitationError,
    find_next_rank,
    lock_any_night,
    lock_hosted_night,
    require_status,
    save_change,
)
from recommender.night.models import MAX_MEMBERS, MovieNight, NightMember, make_invite_slug
from recommender.night.voting import FILMS_PER_VOTE, settle_after_leaving

MAX_OPEN_NIGHTS = 10
# So long an expired night can still be told from one that never was.
FORGOTTEN_AFTER = timedelta(days=7)
DELETE_BATCH = 200
Status = MovieNight.Status


def _check_open_nights(user: User) -> None:
    """Return when somebody may sit in one more night; their row is locked.

    Raises:
        TooManyNightsError: they are in ten open ones.
    """
    open_ones = NightMember.objects.filter(user=user, night__expires_at__gt=timezone.now())
    if open_ones.exclude(night__status=Status.DECIDED).count() >= MAX_OPEN_NIGHTS:
        raise TooManyNightsError


@transaction.atomic
def create_night(*, host: User, name: str, rule: str, allows_seen: bool = False) -> MovieNight:
    """Open a night with its host in the first seat.

    Raises:
        UnknownUserError: the person is gone.
        TooManyNightsError: they are in ten open nights.
    """
    owner = lock_user(user_id=host.pk)
    _check_open_nights(owner)
    night = MovieNight.objects.create(rule=MovieNight.Rule(rule), allows_seen=allows_seen)
    NightMember.objects.create(night=night, user=owner, name=name, seat=1, is_host=True)
    return night


@transaction.atomic
def join_night(*, user: User, slug: str, name: str) -> MovieNight:
    """Give somebody who has the link a seat; who sits there already keeps theirs.

    Raises:
        UnknownUserError: the person is gone.
        UnknownInvitationError: the link opens nothing any more.
        NightRefusedError: the vote has begun, all seats or the name are taken, or this person is
            in too many nights; a subclass.
    """
    owner = lock_user(user_id=user.pk)
    night = MovieNight.objects.select_for_update(no_key=True).filter(invite_slug=slug).first()
    if night is None or night.is_over:
        raise UnknownInvitationError(slug)
    members = list(night.members.all())
    if any(member.user_id == owner.pk for member in members):
        return night
    require_status(night, Status.GATHERING)
    if len(members) >= MAX_MEMBERS:
        raise NightFullError
    if night.members.filter(is_called(name)).exists():
        raise NameTakenError
    _check_open_nights(owner)
    seat = min(set(range(1, MAX_MEMBERS + 1)) - {member.seat for member in members})
    NightMember.objects.create(night=night, user=owner, name=name, seat=seat)
    save_change(night)
    return night


@transaction.atomic
def leave_night(*, user: User, night_id: int) -> None:
    """Give up one's seat with one's ballot; the last to leave takes the night along.

    Where the host leaves, whoever has been there longest becomes host. Leaving a night that is over
    is possible too.

    Raises:
        UnknownNightError: there is no such night, or they are not in it.
    """
    night, member = lock_any_night(night_id=night_id, user=user)
    member.delete()
    heir = night.members.order_by("joined_at", "seat").first()
    if heir is None:
        night.delete()
        return
    if member.is_host:
        heir.is_host = True
        heir.save(update_fields=["is_host"])
    settle_after_leaving(night)
    save_change(night)


@transaction.atomic
def remove_member(*, host: User, night_id: int, member_id: int) -> str:
    """Take somebody's seat from them, and change the link they know; return their name.

    Removing somebody who has left already changes nothing but the link.

    Raises:
        UnknownNightError: there is no such night, or they are not in it.
        NotHostError: they are not its host.
        NightRefusedError: it is over, or the host is to be removed; a subclass.
    """
    night, me = lock_hosted_night(night_id=night_id, host=host)
    if me.pk == member_id:
        raise NightMovedOnError
    member = night.members.filter(pk=member_id).first()
    if member is not None:
        member.delete()
        settle_after_leaving(night)
    if night.invite_slug:
        night.invite_slug = make_invite_slug()
    save_change(night)
    return member.name if member is not None else ""


@transaction.atomic
def change_link(*, host: User, night_id: int, is_open: bool) -> MovieNight:
    """Make a new link, or none, so that nobody else comes in; the one before opens nothing more.

    Raises:
        UnknownNightError: there is no such night, or they are not in it.
        NotHostError: they are not its host.
        NightOverError: its time has run out.
    """
    night, _ = lock_hosted_night(night_id=night_id, host=host)
    night.invite_slug = make_invite_slug() if is_open else None
    save_change(night)
    return night


@transaction.atomic
def change_rule(*, host: User, night_id: int, rule: str, allows_seen: bool) -> MovieNight:
    """Change how films are chosen, while people gather.

    Raises:
        UnknownNightError: there is no such night, or they are not in it.
        NotHostError: they are not its host.
        NightRefusedError: it is over or not gathering; a subclass.
    """
    night, _ = lock_hosted_night(night_id=night_id, host=host)
    require_status(night, Status.GATHERING)
    night.rule, night.allows_seen = MovieNight.Rule(rule), allows_seen
    save_change(night)
    return night


@transaction.atomic
def pick_film(*, host: User, night_id: int, movie_id: int) -> None:
    """Put a film on the host's list, also one that was up before; once is enough.

    Raises:
        UnknownNightError: there is no such night, or they are not in it.
        NotHostError: they are not its host.
        UnknownMovieError: no movie has this id.
        NightRefusedError: it is over, not gathering, of another rule, or the list is full; a
            subclass.
    """
    night, _ = lock_hosted_night(night_id=night_id, host=host)
    require_status(night, Status.GATHERING)
    if night.rule != MovieNight.Rule.HOST_PICKS:
        raise NightMovedOnError
    picked = night.films.filter(round=night.round)
    if picked.filter(movie_id=movie_id).exists():
        return
    if picked.count() >= FILMS_PER_VOTE:
        raise TooManyFilmsError
    require_movie(movie_id=movie_id)
    place = {"round": night.round, "rank": find_next_rank(night)}
    night.films.update_or_create(movie_id=movie_id, defaults=place)
    save_change(night)


@transaction.atomic
def unpick_film(*, host: User, night_id: int, movie_id: int) -> None:
    """Take a film off the host's list; nothing happens where it is not on it.

    Raises:
        UnknownNightError: there is no such night, or they are not in it.
        NotHostError: they are not its host.
        NightRefusedError: it is over or not gathering; a subclass.
    """
    night, _ = lock_hosted_night(night_id=night_id, host=host)
    require_status(night, Status.GATHERING)
    night.films.filter(round=night.round, movie_id=movie_id).delete()
    save_change(night)


@transaction.atomic
def call_off(*, host: User, night_id: int) -> None:
    """Delete a night with all that was said in it.

    Raises:
        UnknownNightError: there is no such night, or they are not in it.
        NotHostError: they are not its host.
        NightOverError: its time has run out.
    """
    night, _ = lock_hosted_night(night_id=night_id, host=host)
    night.delete()


def forget_old_nights() -> int:
    """Delete nights a week after they were over, and those nobody is in; return how many."""
    deleted = 0
    while True:
        with transaction.atomic():
            is_inhabited = Exists(NightMember.objects.filter(night=OuterRef("pk")))
            old = MovieNight.objects.select_for_update(skip_locked=True).filter(
                Q(expires_at__lte=timezone.now() - FORGOTTEN_AFTER) | ~is_inhabited
            )
            ids = list(old.values_list("pk", flat=True)[:DELETE_BATCH])
            MovieNight.objects.filter(pk__in=ids).delete()
        deleted += len(ids)
        if len(ids) < DELETE_BATCH:
            return deleted
