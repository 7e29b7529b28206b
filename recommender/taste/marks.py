"""Hidden films and muted reasons come back with an import of one's export, and go with its undo."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from accounts.models import User
from catalog.importing.marks import Marker
from recommender.models import HiddenMovie, MutedReason
from recommender.services import bump_taste

BATCH_ROWS = 2000
MarkT = TypeVar("MarkT", HiddenMovie, MutedReason)


def _make_marker(model: type[MarkT], time_field: str) -> Marker:
    def add(user: User, times: Mapping[int, datetime]) -> set[int]:
        mine = model._default_manager.filter(user=user)
        new = set(times) - set(mine.values_list("movie_id", flat=True))
        model._default_manager.bulk_create(
            (model(user=user, movie_id=pk, **{time_field: times[pk]}) for pk in sorted(new)),
            batch_size=BATCH_ROWS,
        )
        if new:
            bump_taste(user_id=user.pk)
        return new

    def remove(user: User, times: Mapping[int, datetime]) -> int:
        mine = model._default_manager.filter(user=user, movie_id__in=times)
        rows = mine.values_list("pk", "movie_id", time_field)
        gone = [pk for pk, movie_id, at in rows if at == times[movie_id]]
        model._default_manager.filter(pk__in=gone).delete()
        if gone:
            bump_taste(user_id=user.pk)
        return len(gone)

    return Marker(add, remove)


hidden_marker = _make_marker(HiddenMovie, "hidden_at")
muted_marker = _make_marker(MutedReason, "muted_at")
