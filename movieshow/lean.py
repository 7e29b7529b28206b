"""Starting a web process without what libraries load only because it happens to be installed.

Some packages import others "if they are there", for uses that a web process never makes of them:
tracebacks in colours, templates of another engine, other kinds of threads. What it holds for that
stays with it for good, in each process.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

# Who imports it, each in a `try` of its own: structlog; structlog; django.test; rest_framework;
# rest_framework.
NEVER_USED = ("rich", "greenlet", "jinja2", "requests", "pygments")
# Passkeys, which nobody is offered: ten megabytes of cryptography.
SELDOM_USED = "allauth.mfa.webauthn.internal.auth"


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


class _LaterModule(ModuleType):
    """Stands for a module until something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


def load_later(name: str = SELDOM_USED) -> None:
    """Have those who import this module from its package get it loaded when they first use it."""
    package, _, module = name.rpartition(".")
    if name not in sys.modules:
        setattr(importlib.import_module(package), module, _LaterModule(name))
