"""Who may do what at a movie night, and the lock under which all of it is done.

Every change of a night happens under the lock of its row, so changes come one by one: two ballots
at once, a close beside a vote, a seventh person beside the sixth. Where a person's own row is
locked too (coming in, moving to an account), that lock is taken first, as everywhere.
"""

from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from recommender.night.models import MovieNight, NightMember, compute_expiry


class UnknownNightError(Exception):
    """There is no such night, or this person is not in it; which of the two is not told."""


class UnknownInvitationError(Exception):
    """No open night has this link: it was renewed or closed, or the night is over."""


class NotHostError(Exception):
    """Only the host may do this."""


class NightRefusedError(Exception):
    """What was asked cannot be done now; `text` says why to whoever asked."""

    text: str | Promise = _("That is not possible now.")

    def __str__(self) -> str:
        """Return the text."""
        return str(self.text)


class NightFullError(NightRefusedError):
    """All six seats are taken."""

    text = _("This movie night is full: six people are in already.")


class NightMovedOnError(NightRefusedError):
    """The night is in another stage than the page it was asked from."""

    text = _("The night has moved on since you opened this page. Look again.")


class NightOverError(NightRefusedError):
    """Its time has run out."""

    text = _("This movie night is over.")


class NameTakenError(NightRefusedError):
    """Somebody in this night has that name."""

    text = _("Somebody here has that name already. Choose another.")


class TooManyNightsError(NightRefusedError):
    """One person is in too many open nights."""

    text = _("You are in ten open movie nights already. Leave one first.")


class TooFewPeopleError(NightRefusedError):
    """A vote needs two people."""

    text = _("A vote needs at least two people: send somebody the link.")


class TooFewFilmsError(NightRefusedError):
    """A vote needs films to choose from."""

    text = _("There are not enough films to vote on.")


class TooManyFilmsError(NightRefusedError):
    """The host has picked as many films as a vote may have."""

    text = _("That is enough for one vote. Take a film off first.")


class NoVotesError(NightRefusedError):
    """A vote cannot be closed before anybody has voted."""

    text = _("Nobody has voted yet.")


def lock_any_night(*, night_id: int, user: User) -> tuple[MovieNight, NightMember]:
    """Lock a night, open or over, until the transaction ends; return it and this person's seat.

    Raises:
        UnknownNightError: there is no such night, or they are not in it.
    """
    night = MovieNight.objects.select_for_update(no_key=True).filter(pk=night_id).first()
    member = NightMember.objects.filter(night_id=night_id, user=user).first()
    if night is None or member is None:
        raise UnknownNightError(f"No night {night_id} of person {user.pk}.")
    return night, member


def lock_night(*, night_id: int, user: User) -> tuple[MovieNight, NightMember]:
    """Lock an open night.

    Raises:
        UnknownNightError: there is no such night, or they are not in it.
        NightOverError: its time has run out.
    """
    night, member = lock_any_night(night_id=night_id, user=user)
    if night.is_over:
        raise NightOverError
    return night, member


def lock_hosted_night(*, night_id: int, host: User) -> tuple[MovieNight, NightMember]:
    """Lock an open night for its host.

    Raises:
        UnknownNightError: there is no such night, or they are not in it.
        NotHostError: they are in it, and not its host.
        NightOverError: its time has run out.
    """
    night, member = lock_night(night_id=night_id, user=host)
    if not member.is_host:
        raise NotHostError(f"Person {host.pk} is not the host of night {night_id}.")
    return night, member


def require_status(night: MovieNight, *statuses: str) -> None:
    """Return when a locked night is in one of these stages.

    Raises:
        NightMovedOnError: it is in another.
    """
    if night.status not in statuses:
        raise NightMovedOnError


def save_change(night: MovieNight, *, is_step: bool = False) -> None:
    """Write a locked night with a new version, for pages to see; a step starts its time anew."""
    night.version += 1
    if is_step:
        night.expires_at = compute_expiry()
    night.save()


def find_next_rank(night: MovieNight) -> int:
    """Return the rank after the last film of this round, 1 where there is none."""
    films = night.films.filter(round=night.round)
    return int(films.aggregate(last=Max("rank"))["last"] or 0) + 1
