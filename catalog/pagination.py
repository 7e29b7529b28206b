"""How the films of a page, that may be very many, come in pages."""

from functools import cached_property

from django.core.paginator import Paginator
from django.db.models import QuerySet

from catalog.models import Movie

# Pages are counted in steps of so many, the next step from its middle on.
STEP = 100
LAST_PAGE = 1_000_000


class NearbyPaginator(Paginator):  # type: ignore[type-arg]  # Django takes no parameter here
    """Pages of a query, counted some fifty to a hundred and fifty beyond `asked` and no further.

    To count all of very many films costs far more than to find a page of them; every page can be
    reached all the same. `is_cut` says that there are more than `count`.
    """

    def __init__(self, found: QuerySet[Movie, int], per_page: int, *, asked: int) -> None:
        super().__init__(found, per_page)
        self._found = found
        step = 1 + (min(max(asked, 1), LAST_PAGE) + STEP // 2) // STEP
        self._most = step * STEP * per_page

    @cached_property
    def _counted(self) -> int:
        return self._found.order_by()[: self._most + 1].count()

    @cached_property
    def count(self) -> int:
        """How many there are as far as it is counted."""
        return min(self._counted, self._most)

    @property
    def is_cut(self) -> bool:
        """Whether there are more."""
        return self._counted > self._most
