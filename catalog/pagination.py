"""How the films of a page, that may be very many, come in pages."""

from collections.abc import Sequence
from functools import cached_property

from django.core.paginator import Paginator
from django.db.models import QuerySet

from catalog.models import Movie

# Pages are counted in steps of so many, the next step from its middle on.
STEP = 100
LAST_PAGE = 1_000_000


class InTurn:
    """The ids that some queries find, those of the first before those of the others.

    The others are asked only where the first does not suffice, and then for all their ids at once:
    for some only, Postgres looks through the films in order, which takes two to three times as long
    where few of them are meant, as with films of which something is not known.
    """

    def __init__(self, queries: Sequence[QuerySet[Movie, int]]) -> None:
        self._first, *self._others = queries
        self._first_count = 0
        self._other_ids: list[int] = []

    def count_to(self, most: int) -> int:
        """Return how many there are, and count no further than `most`."""
        self._first_count = self._first.order_by()[:most].count()
        self._other_ids = []
        for query in self._others:
            if self._first_count + len(self._other_ids) < most:
                self._other_ids += query
        return min(self._first_count + len(self._other_ids), most)

    def __getitem__(self, part: slice) -> list[int]:
        """Return those from one place to another, neither beyond what was counted."""
        start, end = part.start, part.stop
        found = list(self._first[start:end]) if start < self._first_count else []
        split = self._first_count
        return found + self._other_ids[max(start - split, 0) : max(end - split, 0)]


class NearbyPaginator(Paginator):  # type: ignore[type-arg]  # Django takes no parameter here
    """Pages of queries, counted some fifty to a hundred and fifty beyond `asked` and no further.

    To count all of very many films costs far more than to find a page of them; every page can be
    reached all the same. `is_cut` says that there are more than `count`.
    """

    def __init__(
        self, queries: Sequence[QuerySet[Movie, int]], per_page: int, *, asked: int
    ) -> None:
        self._found = InTurn(queries)
        super().__init__(self._found, per_page)  # type: ignore[arg-type]  # what it needs of a list
        step = 1 + (min(max(asked, 1), LAST_PAGE) + STEP // 2) // STEP
        self._most = step * STEP * per_page

    @cached_property
    def _counted(self) -> int:
        return self._found.count_to(self._most + 1)

    @cached_property
    def count(self) -> int:
        """How many there are as far as it is counted."""
        return min(self._counted, self._most)

    @property
    def is_cut(self) -> bool:
        """Whether there are more."""
        return self._counted > self._most
