"""A way through the site, and the names of the addresses it stops at."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.e2e.conftest import OpenPage
from tests.e2e.stack import Site

Go = Callable[[OpenPage, Site], Iterator[Page]]


@dataclass(frozen=True)
class Walk:
    """Goes from page to page and hands each over, ready to be looked at.

    `stops` are the names of the addresses that it promises to stop at.
    """

    name: str
    stops: frozenset[str]
    go: Go


def stops_at(*names: str) -> Callable[[Go], Walk]:
    """Make a walk of a generator of pages."""
    return lambda go: Walk(go.__name__, frozenset(names), go)
