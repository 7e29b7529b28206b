"""What becomes of a guest's feedback when the guest becomes an account."""

from django.db.models import Exists, OuterRef

from accounts.models import User
from recommender.models import Event, Exposure, Impression, RowDecision, TasteProfile


def merge_feedback(*, guest: User, user: User) -> None:
    """Give a guest's feedback to the account; inside the merge's transaction, its profile made.

    An account that no experiment has shown anything takes the guest's place in all of them: the
    hash goes on assigning the guest's id. One that has been assigned keeps its own arms; where they
    differ from the guest's, that person has seen two arms and analysis leaves them out.
    """
    Impression.objects.filter(user=guest).update(user=user)
    mine = Event.objects.filter(
        user=user,
        recommendation_id=OuterRef("recommendation_id"),
        movie_id=OuterRef("movie_id"),
        kind=OuterRef("kind"),
    )
    Event.objects.filter(~Exists(mine), user=guest).update(user=user)
    RowDecision.objects.filter(user=guest).update(user=user)
    is_dealt = Exposure.objects.filter(user=user).exists()
    Exposure.objects.filter(user=guest).update(user=user)
    if not is_dealt:
        TasteProfile.objects.filter(user=user, subject_key=None).update(subject_key=guest.pk)
