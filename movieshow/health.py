"""Two addresses for load balancers: is the process alive, and can it serve people.

An app adds what it needs to be ready with `register_readiness_check`, from its
``AppConfig.ready``; this module knows only of Postgres, Redis and migrations.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.exceptions import MigrationSchemaMissing
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis, RedisError

logger = structlog.get_logger(__name__)

_REDIS_TIMEOUT_SECONDS = 1.0


class NotReadyError(Exception):
    """Raised by a readiness check; its message is shown at /readyz, so it holds no secrets."""


ReadinessCheck = Callable[[], None]
_checks: dict[str, ReadinessCheck] = {}


def register_readiness_check(name: str, check: ReadinessCheck) -> None:
    """Have /readyz call ``check``, which returns when all is well or raises `NotReadyError`.

    Raises:
        ImproperlyConfigured: another check has this name.
    """
    if _checks.setdefault(name, check) is not check:
        raise ImproperlyConfigured(f"two readiness checks are called {name!r}")


def _check_database() -> None:
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.warning("database_not_ready", error=str(error))
        raise NotReadyError("the database does not answer") from error


def _check_migrations() -> None:
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, MigrationSchemaMissing) as error:
        raise NotReadyError("migrations cannot be read from the database") from error
    if plan:
        raise NotReadyError(f"{len(plan)} migrations are not applied; run: manage.py migrate")


def _check_redis() -> None:
    try:
        with Redis.from_url(
            settings.REDIS_URL,
            socket_connect_timeout=_REDIS_TIMEOUT_SECONDS,
            socket_timeout=_REDIS_TIMEOUT_SECONDS,
        ) as client:
            client.ping()
    except (RedisError, OSError) as error:
        logger.warning("redis_not_ready", error=str(error))
        raise NotReadyError("Redis does not answer") from error


register_readiness_check("database", _check_database)
register_readiness_check("migrations", _check_migrations)
register_readiness_check("redis", _check_redis)


def collect_readiness() -> dict[str, str]:
    """Return for each registered check ``"ok"`` or what is not ready."""
    answers = {}
    for name, check in _checks.items():
        try:
            check()
        except NotReadyError as error:
            answers[name] = str(error)
        else:
            answers[name] = "ok"
    return answers


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - the signature of a view
    """Answer 200 while the process lives; touches neither database nor Redis."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 - the signature of a view
    """Answer 200 when people can be served, else 503; the body says what is not ready."""
    checks = collect_readiness()
    is_ready = all(answer == "ok" for answer in checks.values())
    return JsonResponse(
        {"status": "ready" if is_ready else "not ready", "checks": checks},
        status=200 if is_ready else 503,
    )
