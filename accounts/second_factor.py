"""The second factor: allauth's, its secrets encrypted in the database."""

import base64
import hashlib

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Keeps what authenticator apps know so that a copy of the database alone opens no account.

    Encrypted with a key made from SECRET_KEY; a former one in SECRET_KEY_FALLBACKS still reads.
    """

    def encrypt(self, text: str) -> str:
        """Return a secret as it is kept."""
        return _get_cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a kept secret."""
        return _get_cipher().decrypt(encrypted_text.encode()).decode()


def _get_cipher() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derive(key)) for key in keys])


def _derive(secret: str | bytes) -> bytes:
    raw = secret if isinstance(secret, bytes) else secret.encode()
    digest = hashlib.sha256(b"movieshow second factor " + raw).digest()
    return base64.urlsafe_b64encode(digest)
