"""A guest's diary and notes become a member's; called inside `accounts.services.merge_guest`."""

from django.db.models import Exists, OuterRef

from accounts.models import User
from catalog.diary_models import DiaryEntry, MovieNote


def merge_diary(*, guest: User, user: User) -> None:
    """Move the guest's diary and notes; where both have one of a film (and day) the newest wins."""
    for model, names in ((DiaryEntry, ("movie_id", "watched_on")), (MovieNote, ("movie_id",))):
        same = {name: OuterRef(name) for name in names}
        mine = model.objects.filter(user=user, updated_at__gte=OuterRef("updated_at"), **same)
        theirs = model.objects.filter(user=guest)
        theirs.filter(Exists(mine)).delete()
        model.objects.filter(Exists(theirs.filter(**same)), user=user).delete()
        theirs.update(user=user)
