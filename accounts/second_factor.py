"""The second factor: allauth's, its secrets encrypted in the database.

The cryptography, six megabytes, is loaded by those web processes that somebody asks for a code.
"""

import base64
import hashlib
from typing import TYPE_CHECKING

import structlog
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet

logger = structlog.get_logger(__name__)

# What of a second factor is a secret: an authenticator app's, and that of the recovery codes.
SEALED = ("secret", "seed")


class UnreadableSecretError(ValidationError):
    """A secret was sealed with a key that the site no longer has; forms show the message."""

    def __init__(self) -> None:
        super().__init__(_("This site lost the key to your second factor: ask whoever runs it."))


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps what authenticator apps know so that a copy of the database alone opens no account.

    Encrypted with a key made from SECRET_KEY; a former one in SECRET_KEY_FALLBACKS still reads.
    """

    def encrypt(self, text: str) -> str:
        """Return a secret as it is kept."""
        return _get_cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a kept secret.

        Raises:
            UnreadableSecretError: It was sealed with a key that is no longer known.
        """
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - see above

        try:
            return _get_cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken as error:
            logger.warning("second_factor_unreadable", hint="add the key to SECRET_KEY_FALLBACKS")
            raise UnreadableSecretError from error


@transaction.atomic
def reseal_secrets() -> int:
    """Seal every kept secret anew with the present SECRET_KEY; return of how many second factors.

    Afterwards no former key is needed for them.

    Raises:
        UnreadableSecretError: One was sealed with a key that is no longer known; none is changed.
    """
    adapter = SecondFactorAdapter()
    count = 0
    for one in Authenticator.objects.select_for_update().order_by("pk"):
        sealed = {name: one.data[name] for name in SEALED if name in one.data}
        if not sealed:
            continue
        one.data |= {name: adapter.encrypt(adapter.decrypt(text)) for name, text in sealed.items()}
        one.save(update_fields=["data"])
        count += 1
    return count


def _get_cipher() -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415 - see above

    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derive(key)) for key in keys])


def _derive(secret: str | bytes) -> bytes:
    raw = secret if isinstance(secret, bytes) else secret.encode()
    digest = hashlib.sha256(b"movieshow second factor " + raw).digest()
    return base64.urlsafe_b64encode(digest)
