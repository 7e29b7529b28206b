"""What a web process does before its first request, so that nobody waits for it.

An app adds its part with `register_start_up`, from its ``AppConfig.ready``; management commands and
workers run none of it.
"""

import time
from collections.abc import Callable

import structlog
from django.db import DatabaseError, connections
from django.urls import get_resolver

logger = structlog.get_logger(__name__)

_steps: dict[str, Callable[[], object]] = {}


def register_start_up(name: str, step: Callable[[], object]) -> None:
    """Have each web process call `step` when it starts."""
    _steps[name] = step


def run_start_up() -> None:
    """Import all views and run every step; without a database the first request does it instead."""
    started = time.monotonic()
    try:
        len(get_resolver().url_patterns)
        for step in _steps.values():
            step()
    except DatabaseError as error:
        logger.warning("start_up_without_database", error=str(error))
    finally:
        connections.close_all()  # the requests are answered by other threads
    logger.info("web_process_started", seconds=round(time.monotonic() - started, 3))
