"""Starting a web process without what libraries load only because it happens to be installed.

Some packages import others "if they are there", for uses that a web process never makes of them:
tracebacks in colours, templates of another engine, other kinds of threads. What it holds for that
stays with it for good, in each process.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Who imports it, each in a `try` of its own: structlog; structlog; django.test; rest_framework.
NEVER_USED = ("rich", "greenlet", "jinja2", "requests")


@contextmanager
def leave_out(names: tuple[str, ...] = NEVER_USED) -> Iterator[None]:
    """Have these packages be missing for as long as the context lasts; those loaded stay.

    Who imports one of them later gets it.
    """
    missing = [name for name in names if name not in sys.modules]
    for name in missing:
        sys.modules[name] = None  # type: ignore[assignment]  # Python's own sign of "not there"
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]
