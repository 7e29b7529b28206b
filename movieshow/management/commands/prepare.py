"""Bring an install up to date: migrations, demo data, model, static files, demo login."""

from __future__ import annotations

import hashlib
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from movieshow.checks import DEPLOYMENT


class Command(BaseCommand):
    """Do whatever a new or changed install needs before its processes start; quick when nothing."""

    help = "Bring database, demo data, model and static files up to date; safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--demo-login",
            metavar="NAME",
            help="make an administrator of this name with $MOVIESHOW_DEMO_PASSWORD",
        )

    def handle(self, *, demo_login: str | None, **_options: Any) -> None:
        """Do each step; each says for itself when it has work."""
        self.check(tags=[DEPLOYMENT], include_deployment_checks=True)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("load_demo")
        call_command("install_shipped_model")
        self._collect_static()
        if demo_login:
            self._make_login(name=demo_login)

    def _collect_static(self) -> None:
        """Collect static files unless they are those collected last."""
        root = Path(settings.STATIC_ROOT)
        record = root.with_name(f"{root.name}.sha256")
        digest = _digest_static_sources()
        if root.exists() and record.exists() and record.read_text() == digest:
            return
        self.stdout.write("Collecting static files")
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        record.write_text(digest)

    def _make_login(self, *, name: str) -> None:
        password = os.environ.get("MOVIESHOW_DEMO_PASSWORD", "")
        if not password:
            raise CommandError("--demo-login needs MOVIESHOW_DEMO_PASSWORD in the environment")
        user, is_new = get_user_model().objects.get_or_create(
            username=name, defaults={"is_staff": True, "is_superuser": True}
        )
        if not user.is_superuser:
            raise CommandError(f"{name!r} is somebody else's login; give another --demo-login")
        if is_new or not _has_password(user, password):
            user.set_password(password)
            user.save(update_fields=["password"])


def _has_password(user: AbstractBaseUser, password: str) -> bool:
    return user.has_usable_password() and user.check_password(password)


def _digest_static_sources() -> str:
    """Return a digest of every static file's path, size and time of change."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list(None):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
