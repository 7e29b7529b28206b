"""What becomes of a guest's taste when the guest becomes an account."""

from dataclasses import asdict

from accounts.models import User
from recommender.dials import DIALS, Dials
from recommender.feedback.merging import merge_feedback
from recommender.models import HiddenMovie, TasteProfile
from recommender.services import bump_taste


def merge_taste(*, guest: User, user: User) -> None:
    """Move a guest's hidden films, genres and dials to the account they signed up or logged in to.

    Genres of the account win where it has any, chosen or excluded, and so does each of its dials
    that was turned. Runs inside the merge's transaction.
    """
    HiddenMovie.objects.bulk_create(
        [
            HiddenMovie(user=user, movie_id=movie_id, hidden_at=hidden_at)
            for movie_id, hidden_at in HiddenMovie.objects.filter(user=guest).values_list(
                "movie_id", "hidden_at"
            )
        ],
        ignore_conflicts=True,
    )
    bump_taste(user_id=user.pk)
    merge_feedback(guest=guest, user=user)
    theirs = TasteProfile.objects.filter(user=guest).first()
    if theirs is not None:
        _merge_profiles(theirs, TasteProfile.objects.get(user=user))


def _merge_profiles(theirs: TasteProfile, mine: TasteProfile) -> None:
    excluded = set(mine.excluded_genres.all())
    if not mine.favourite_genres.exists():
        mine.favourite_genres.set(set(theirs.favourite_genres.all()) - excluded)
    if not excluded:
        favourites = set(mine.favourite_genres.all())
        mine.excluded_genres.set(set(theirs.excluded_genres.all()) - favourites)
    if mine.age_band is None:
        mine.age_band = theirs.age_band
    if mine.onboarded_at is None:
        mine.onboarded_at = theirs.onboarded_at
    for name, value in asdict(_read_dials(mine).or_else(_read_dials(theirs))).items():
        setattr(mine, name, value)
    # The version is not written: it may have been bumped since it was read.
    mine.save(update_fields=["age_band", "onboarded_at", *DIALS])


def _read_dials(profile: TasteProfile) -> Dials:
    return Dials(**{name: getattr(profile, name) for name in DIALS})
