import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import Env

from movieshow.tmdb_settings import read_tmdb_settings

KEY = "0123456789abcdef0123456789abcdef"
NAMES = (
    "TMDB_API_KEY",
    "TMDB_BASE_URL",
    "TMDB_IMAGE_BASE_URL",
    "TMDB_LANGUAGE",
    "TMDB_REQUESTS_PER_SECOND",
    "TMDB_MAX_POSTERS",
    "SERVICE_COUNTRIES",
)


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_without_variables_tmdb_is_off_and_nothing_fails() -> None:
    found = read_tmdb_settings(Env())
    assert set(found) == set(NAMES)
    assert found["TMDB_API_KEY"] == ""
    assert found["SERVICE_COUNTRIES"] == ["US"]
    assert found["TMDB_BASE_URL"] == "https://api.themoviedb.org/3"


@pytest.mark.parametrize("key", [KEY, f"{'a' * 20}.{'b' * 20}.{'c' * 20}", f" {KEY} "])
def test_both_kinds_of_key_are_taken(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("TMDB_API_KEY", key)
    assert read_tmdb_settings(Env())["TMDB_API_KEY"] == key.strip()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TMDB_API_KEY", "secret"),
        ("TMDB_API_KEY", KEY.upper()),
        ("TMDB_BASE_URL", "api.themoviedb.org/3"),
        ("TMDB_BASE_URL", "ftp://api.themoviedb.org/3"),
        ("TMDB_BASE_URL", "https://user:pass@api.themoviedb.org/3"),
        ("TMDB_BASE_URL", "https://api.themoviedb.org/3?x=1"),
        ("TMDB_IMAGE_BASE_URL", "https://[broken/t/p"),
        ("TMDB_IMAGE_BASE_URL", "https://host:port/t/p"),
        ("TMDB_LANGUAGE", "english"),
        ("TMDB_REQUESTS_PER_SECOND", "0"),
        ("TMDB_REQUESTS_PER_SECOND", "fast"),
        ("TMDB_MAX_POSTERS", "-1"),
        ("SERVICE_COUNTRIES", "US,Germany"),
        ("SERVICE_COUNTRIES", "us"),
    ],
)
def test_malformed_variable_is_named_and_no_key_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=name) as caught:
        read_tmdb_settings(Env())
    if name == "TMDB_API_KEY":
        assert value not in str(caught.value)


def test_countries_and_addresses_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_COUNTRIES", "DE, AT,DE")
    monkeypatch.setenv("TMDB_BASE_URL", "http://127.0.0.1:8900/3/")
    found = read_tmdb_settings(Env())
    assert found["SERVICE_COUNTRIES"] == ["DE", "AT"]
    assert found["TMDB_BASE_URL"] == "http://127.0.0.1:8900/3"
