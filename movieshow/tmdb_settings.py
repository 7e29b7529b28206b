"""What the environment says of TMDB; without a key it is never asked, and nothing is missed."""

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env

# A key of version 3 of the API, or the "read access token", a JWT that is sent as a bearer.
_API_KEY = re.compile(r"[0-9a-f]{32}")
_ACCESS_TOKEN = re.compile(r"[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}", re.ASCII)
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_COUNTRY = re.compile(r"[A-Z]{2}")


def read_tmdb_settings(env: Env) -> dict[str, Any]:
    """Return the settings of films' facts by name.

    Raises:
        ImproperlyConfigured: A variable is malformed; the message names it and says what it is.
    """
    return {
        "TMDB_API_KEY": _read_key(env),
        "TMDB_BASE_URL": _read_address(env, "TMDB_BASE_URL", "https://api.themoviedb.org/3"),
        "TMDB_IMAGE_BASE_URL": _read_address(
            env, "TMDB_IMAGE_BASE_URL", "https://image.tmdb.org/t/p"
        ),
        "TMDB_LANGUAGE": _read_matching(
            env, "TMDB_LANGUAGE", "en-US", _LANGUAGE, "a language such as en-US or de-DE"
        ),
        "TMDB_REQUESTS_PER_SECOND": _read_number(env, "TMDB_REQUESTS_PER_SECOND", 20, 1, 50),
        "TMDB_MAX_POSTERS": _read_number(env, "TMDB_MAX_POSTERS", 20_000, 0, 10_000_000),
        "SERVICE_COUNTRIES": _read_countries(env),
    }


def _read_key(env: Env) -> str:
    """Return the key or token, or an empty string; it is never shown, not even when malformed."""
    key: str = env.str("TMDB_API_KEY", default="").strip()
    if key and not (_API_KEY.fullmatch(key) or _ACCESS_TOKEN.fullmatch(key)):
        msg = (
            "TMDB_API_KEY is neither an API key (32 characters 0-9a-f) nor an API read access "
            "token of TMDB. Copy one of the two from https://www.themoviedb.org/settings/api, or "
            "leave it empty to go without TMDB."
        )
        raise ImproperlyConfigured(msg)
    return key


def _read_address(env: Env, name: str, default: str) -> str:
    """Return an http(s) address without the slash at its end."""
    text: str = env.str(name, default="").strip() or default
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or parts.query or parts.fragment or parts.username:
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be an address such as {default}")
    return text.rstrip("/")


def _read_matching(env: Env, name: str, default: str, form: re.Pattern[str], what: str) -> str:
    text: str = env.str(name, default="").strip() or default
    if not form.fullmatch(text):
        raise ImproperlyConfigured(f"{name} is {text!r}; it must be {what}")
    return text


def _read_number(env: Env, name: str, default: int, least: int, most: int) -> int:
    text: str = env.str(name, default="").strip() or str(default)
    if not text.isascii() or not text.isdecimal() or not least <= int(text) <= most:
        msg = f"{name} is {text!r}; it must be a whole number from {least} to {most}"
        raise ImproperlyConfigured(msg)
    return int(text)


def _read_countries(env: Env) -> list[str]:
    """Return the countries whose services are kept, the default first."""
    given: list[str] = env.list("SERVICE_COUNTRIES", default=[])
    countries = [country.strip() for country in given if country.strip()] or ["US"]
    wrong = [country for country in countries if not _COUNTRY.fullmatch(country)]
    if wrong:
        msg = (
            f"SERVICE_COUNTRIES names {wrong[0]!r}; it must be countries of two capital letters "
            "(ISO 3166-1) with commas between, such as US,DE"
        )
        raise ImproperlyConfigured(msg)
    return list(dict.fromkeys(countries))
