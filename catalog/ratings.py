"""Ratings: set, changed and taken back, each with its event, in one transaction."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.diary.selectors import find_watched_at
from catalog.models import Movie, Rating, RatingEvent
from catalog.signals import film_rated, rating_changed

MIN_STARS = Decimal("0.5")
MAX_STARS = Decimal(5)
# The first film was shot in 1888; far earlier dates Postgres keeps but Python cannot read back.
EARLIEST_WATCHED_AT = datetime(1888, 1, 1, tzinfo=UTC)


class UnknownMovieError(Exception):
    """No movie has this id."""

    def __init__(self, movie_id: int) -> None:
        super().__init__(f"No movie {movie_id}.")


class UnknownUserError(Exception):
    """The person is gone: a guest who expired, or an account deleted meanwhile."""


class InvalidStarsError(Exception):
    """The stars are not 0.5 to 5.0 in steps of 0.5."""


class InvalidWatchedAtError(Exception):
    """The time of watching is in the future, before films, or has no time zone."""


def lock_user(*, user_id: int) -> User:
    """Lock a person's row until the transaction ends, so that their writes come one by one.

    Every writer of a person's things takes this lock first and others after it, hence no two of
    them can wait for each other.

    Raises:
        UnknownUserError: There is no such person any more.
    """
    try:
        return User.objects.select_for_update(no_key=True).get(pk=user_id)
    except User.DoesNotExist as error:
        raise UnknownUserError(f"No person {user_id}.") from error


def require_movie(*, movie_id: int) -> None:
    """Return when there is such a movie.

    Raises:
        UnknownMovieError: No movie has this id.
    """
    if not Movie.objects.filter(pk=movie_id).exists():
        raise UnknownMovieError(movie_id)


def clean_stars(stars: Decimal | float | str) -> Decimal:
    """Return stars as a decimal with one place.

    Raises:
        InvalidStarsError: They are not 0.5 to 5.0 in steps of 0.5.
    """
    try:
        value = Decimal(str(stars))
        is_valid = MIN_STARS <= value <= MAX_STARS and value * 2 % 1 == 0
    except InvalidOperation:
        is_valid = False
    if not is_valid:
        raise InvalidStarsError("Stars go from 0.5 to 5 in steps of 0.5.")
    return value.quantize(Decimal("0.1"))


def _clean_watched_at(watched_at: datetime | None) -> datetime | None:
    if watched_at is None:
        return None
    if timezone.is_naive(watched_at):
        raise InvalidWatchedAtError(_("Give the time of watching with its time zone."))
    if watched_at < EARLIEST_WATCHED_AT:
        raise InvalidWatchedAtError(_("A movie cannot have been watched before there were any."))
    if watched_at > timezone.now():
        raise InvalidWatchedAtError(_("A movie cannot have been watched in the future."))
    return watched_at


@transaction.atomic
def set_rating(
    *,
    user: User,
    movie_id: int,
    stars: Decimal | float | str,
    watched_at: datetime | None = None,
    is_date_known: bool = True,
    origin: str = "",
) -> Rating:
    """Give a movie stars, or change them; the movie keeps its place in the history.

    `watched_at` moves it to another place, and is the date it was watched unless `is_date_known` is
    false; without one, a new rating stands where the diary has the movie, else at its own time, and
    then claims no date. `origin` is the recommendation it came from. The same again tells nobody.

    Raises:
        InvalidStarsError: The stars are not 0.5 to 5.0 in steps of 0.5.
        InvalidWatchedAtError: `watched_at` is naive, in the future or before 1888.
        UnknownMovieError: No movie has this id.
        UnknownUserError: The person is gone.
    """
    clean, place = clean_stars(stars), _clean_watched_at(watched_at)
    owner = lock_user(user_id=user.pk)
    rating = Rating.objects.filter(user=owner, movie_id=movie_id).first()
    if rating is None:
        require_movie(movie_id=movie_id)
        rating = Rating(user=owner, movie_id=movie_id, is_date_known=False)
        if place is None:
            place, is_date_known = find_watched_at(user_id=owner.pk, movie_id=movie_id), True
    elif rating.stars == clean and (
        place is None or (place, is_date_known) == (rating.watched_at, rating.is_date_known)
    ):
        return rating
    rating.stars = clean
    if place is not None:
        rating.watched_at, rating.is_date_known = place, is_date_known
    rating.save()
    _record(owner, rating, kind=RatingEvent.Kind.SET, stars=clean)
    film_rated.send(sender=Rating, user=owner, movie_id=movie_id, origin=origin)
    return rating


@transaction.atomic
def remove_rating(*, user: User, movie_id: int) -> bool:
    """Take a rating back; return whether there was one.

    Raises:
        UnknownUserError: The person is gone.
    """
    owner = lock_user(user_id=user.pk)
    rating = Rating.objects.filter(user=owner, movie_id=movie_id).first()
    if rating is None:
        return False
    rating.delete()
    _record(owner, rating, kind=RatingEvent.Kind.REMOVED, stars=None)
    return True


def _record(owner: User, rating: Rating, *, kind: str, stars: Decimal | None) -> None:
    """Keep what was done as an event, and tell that the person's ratings are others now."""
    RatingEvent.objects.create(
        user=owner,
        movie_id=rating.movie_id,
        kind=kind,
        stars=stars,
        watched_at=rating.watched_at,
    )
    rating_changed.send(sender=Rating, user=owner, movie_ids=[rating.movie_id])
