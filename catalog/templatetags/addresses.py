"""Filters that take an address apart, so that a form can send what its query says as fields.

Undoing brings back what was there, a private note perhaps: in an address it would stand in the logs
of every proxy on the way.
"""

from urllib.parse import parse_qsl, urlsplit

from django import template

register = template.Library()


@register.filter
def address_path(address: str) -> str:
    """Return an address of ours without its query."""
    return urlsplit(address).path


@register.filter
def address_fields(address: str) -> list[tuple[str, str]]:
    """Return the names and values of an address's query, empty ones too."""
    return parse_qsl(urlsplit(address).query, keep_blank_values=True)
