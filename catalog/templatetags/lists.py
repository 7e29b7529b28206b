"""The small form that puts a film on a list, for the pages that show films."""

from typing import Any

from django import template

from accounts.requests import PageRequest, get_request_viewer
from catalog.lists.selectors import get_list_choices

register = template.Library()


@register.inclusion_tag("catalog/_add_to_list.html", takes_context=True)
def add_to_list(context: template.Context, movie_id: int, title: str) -> dict[str, Any]:
    """Return what the form shows: the viewer's lists, and which the film is on; one query."""
    request: PageRequest = context["request"]
    return {
        "movie_id": movie_id,
        "title": title,
        "choices": get_list_choices(user=get_request_viewer(request), movie_id=movie_id),
        "csrf_token": context.get("csrf_token"),
        "page_address": context.get("page_address"),
    }
