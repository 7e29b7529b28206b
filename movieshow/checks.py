"""What must hold where a site is deployed; `manage.py prepare` and `check --deploy` ask."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

DEPLOYMENT = "deployment"
CONSOLE_BACKEND = "django.core.mail.backends.console.EmailBackend"


@register(DEPLOYMENT, deploy=True)
def check_mail_is_not_printed(**_options: Any) -> list[CheckMessage]:
    """Refuse to print mail where others use the site: links that reset passwords are in it."""
    if not settings.IS_HTTPS or settings.EMAIL_BACKEND != CONSOLE_BACKEND:
        return []
    return [
        Error(
            "HTTPS=1 and EMAIL_URL prints mail: links that reset passwords would stand in the log, "
            "and reach nobody.",
            hint="Set EMAIL_URL=smtp+tls://user:password@host:587 and DEFAULT_FROM_EMAIL to send "
            "mail, or EMAIL_URL=dummymail:// to go without; then nobody can reset a password.",
            id="movieshow.E001",
        )
    ]
