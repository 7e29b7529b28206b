"""A site that others use is not deployed in a way that betrays them."""

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django.fixtures import Settings

from movieshow.checks import CONSOLE_BACKEND, DEPLOYMENT


def find_problems() -> list[str | None]:
    """Return the ids of what the checks of a deployment find."""
    return [found.id for found in run_checks(tags=[DEPLOYMENT], include_deployment_checks=True)]


@pytest.mark.parametrize(
    ("is_https", "backend", "found"),
    [
        (True, CONSOLE_BACKEND, ["movieshow.E001"]),
        (True, "django.core.mail.backends.smtp.EmailBackend", []),
        (True, "django.core.mail.backends.dummy.EmailBackend", []),
        (False, CONSOLE_BACKEND, []),
    ],
)
def test_mail_is_printed_on_a_laptop_alone(
    settings: Settings, is_https: bool, backend: str, found: list[str]
) -> None:
    settings.IS_HTTPS, settings.EMAIL_BACKEND = is_https, backend
    assert find_problems() == found


def test_prepare_stops_at_what_it_finds_and_says_what_to_do(settings: Settings) -> None:
    settings.IS_HTTPS, settings.EMAIL_BACKEND = True, CONSOLE_BACKEND
    with pytest.raises(SystemCheckError, match="EMAIL_URL=dummymail://"):
        call_command("prepare")
