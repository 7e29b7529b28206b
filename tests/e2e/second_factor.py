"""An authenticator app: RFC 6238 with SHA-1, 30 seconds and six digits."""

import base64
import hashlib
import hmac
import struct
import time

from playwright.sync_api import Page

PERIOD_SECONDS = 30
# What is left of a code's time must do for the typing.
MARGIN_SECONDS = 8


def make_code(secret: str, at: float) -> str:
    """Return the code of a base32 secret at a Unix time."""
    digest = hmac.digest(
        base64.b32decode(secret), struct.pack(">Q", int(at) // PERIOD_SECONDS), hashlib.sha1
    )
    offset = digest[-1] & 0x0F
    [number] = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 10**6:06d}"


def read_code(page: Page, secret: str) -> str:
    """Return a code that holds for a while yet, waiting for the next one if need be."""
    left = PERIOD_SECONDS - time.time() % PERIOD_SECONDS
    if left < MARGIN_SECONDS:
        page.wait_for_timeout(left * 1000)
    return make_code(secret, time.time())


def switch_on(page: Page) -> str:
    """Switch the second factor on from its page; return the secret."""
    page.get_by_role("link", name="Switch on").click()
    secret = page.locator(".key").inner_text()
    page.get_by_label("Authenticator code").fill(read_code(page, secret))
    page.get_by_role("button", name="Switch on").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    return secret
