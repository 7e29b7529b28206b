"""Admin pages of tables with millions of rows: nothing counts or lists them all."""

from collections.abc import Iterable

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

MAX_COUNTED_ROWS = 10_000
MAX_LISTED_DELETIONS = 20


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts at most 10,000 rows, so that a page of 25 million takes no longer than one of 10."""

    @cached_property
    def count(self) -> int:
        """The number of rows, or 10,000 where there are more: search to reach those."""
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return rows.order_by()[:MAX_COUNTED_ROWS].count()
        return min(len(rows), MAX_COUNTED_ROWS)


class LargeTableAdmin(ModelAdmin):  # type: ignore[misc]
    """A model with millions of rows, or whose rows have thousands of others hanging on them."""

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    ordering = ["-pk"]

    def get_deleted_objects(
        self, objs: Iterable[Model], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Say what a deletion takes along in words, rather than load and list all of it."""
        rows = list(objs)
        shown = [str(row) for row in rows[:MAX_LISTED_DELETIONS]]
        shown.append(_("… with all ratings, tags and other rows that belong to these."))
        refused = set()
        if not self.has_delete_permission(request):
            refused.add(str(self.opts.verbose_name))
        return shown, {str(self.opts.verbose_name_plural): len(rows)}, refused, []
