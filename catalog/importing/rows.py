"""One line of an export, and the values in it, whatever site it is from."""

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.utils import timezone
from django.utils.translation import gettext_noop

from catalog.importing.days import Day
from catalog.importing.notes import Problem
from catalog.ratings import EARLIEST_WATCHED_AT

MAX_TITLE_CHARACTERS = 500
MIN_YEAR, MAX_YEAR = 1870, 2100
MAX_ID = 2**31 - 1
NOON = 12  # of a day without a time: the same day in nearly all time zones
UNIX_TIME = re.compile(r"\d{9,10}")
YEAR = re.compile(r"\d{4}")
IMDB_ID = re.compile(r"(?:tt)?(\d{1,10})")
# What no database keeps as text: NUL, and halves of characters, which JSON can spell.
UNREADABLE = re.compile(r"[\x00\ud800-\udfff]")
# What Letterboxd lets people put into their texts; notes here are plain.
LINE_BREAKS = re.compile(r"<br\s*/?>|</p>|</blockquote>", re.IGNORECASE)
MARKUP = re.compile(r"</?(?:a|b|blockquote|em|i|p|strong)(?:\s[^<>]*)?>", re.IGNORECASE)
# What Trakt writes for "I do not know when".
UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)

NoteProblem = Callable[[Problem], object]


class BadValueError(Exception):
    """A value of a line is not what its column holds; carries a message and the value."""

    def __init__(self, text: str, value: str) -> None:
        super().__init__(text, value)
        self.text, self.value = text, UNREADABLE.sub("\ufffd", value[:60])


@dataclass(slots=True, kw_only=True)
class Row:
    """One line; `raw_stars` is on the file's own scale, `priority` decides between two stars."""

    where: str
    title: str = ""
    year: int | None = None
    movie_id: int | None = None
    imdb_id: str = ""
    tmdb_id: int | None = None
    raw_stars: Decimal | None = None
    is_out_of_ten: bool = False
    priority: int = 0
    rated_at: datetime | None = None
    watched_at: datetime | None = None
    placed_at: datetime | None = None
    is_seen: bool = False
    is_listed: bool = False
    listed_at: datetime | None = None
    is_film: bool = True
    day: Day | None = None
    note: str = ""
    noted_at: datetime | None = None
    marks: dict[str, str] = field(default_factory=dict)
    # Its place on a list.
    position: int | None = None
    entry_note: str = ""
    added_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """The lines of a file; those of a list have a `head` that says what the list is."""

    format: str
    where: str
    rows: Iterable[Row]
    head: Mapping[str, str] | None = None


def say_value(value: object) -> str:
    """Return a value of JSON as a table would have it; nothing of what no cell can hold."""
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def parse_time(text: str) -> datetime | None:
    """Return a time from ISO 8601 or unix seconds; None for an empty or unknown one.

    A day without a time is noon UTC. What lies in the future by a time zone is now.

    Raises:
        BadValueError: It is no time, lies in the future, or before there were films.
    """
    text = text.strip()
    if not text:
        return None
    expected = gettext_noop("“%(value)s” is no date such as 2024-03-31")
    try:
        if UNIX_TIME.fullmatch(text):
            when = datetime.fromtimestamp(int(text), tz=UTC)
        else:
            when = datetime.fromisoformat(text)
            if len(text) <= len("2024-03-31"):
                when = when.replace(hour=NOON)
            when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadValueError(expected, text) from error
    if when == UNKNOWN_TIME:
        return None
    now = timezone.now()
    if when < EARLIEST_WATCHED_AT:
        raise BadValueError(gettext_noop("“%(value)s” is before there were films"), text)
    if when > now + timedelta(days=1):
        raise BadValueError(gettext_noop("“%(value)s” is in the future"), text)
    return min(when, now)


def parse_stars(text: str) -> Decimal | None:
    """Return a rating on the file's own scale, None where there is none.

    Raises:
        BadValueError: It is no number from 0.5 to 10.
    """
    text = text.strip().replace(",", ".")
    if not text:
        return None
    try:
        value = Decimal(text)
        is_valid = value.is_finite() and Decimal("0.5") <= value <= 10
    except InvalidOperation:
        is_valid = False
    if not is_valid:
        raise BadValueError(gettext_noop("“%(value)s” is no rating from 0.5 to 10"), text)
    return value


def round_stars(raw: Decimal, *, is_out_of_ten: bool) -> Decimal:
    """Return stars from 0.5 to 5 in halves."""
    halves = raw if is_out_of_ten else raw * 2
    whole = halves.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return min(max(whole, Decimal(1)), Decimal(10)) / 2


def parse_year(text: str) -> int | None:
    """Return a year, None where there is none.

    Raises:
        BadValueError: It is no year of a film.
    """
    text = text.strip().removesuffix(".0")
    if not text:
        return None
    if not YEAR.fullmatch(text) or not MIN_YEAR <= int(text) <= MAX_YEAR:
        raise BadValueError(gettext_noop("“%(value)s” is no year of a film"), text)
    return int(text)


def parse_number(text: str) -> int | None:
    """Return an id that is a whole number, None where there is none.

    Raises:
        BadValueError: It is none.
    """
    text = text.strip().removesuffix(".0")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and 1 <= int(text) <= MAX_ID):
        raise BadValueError(gettext_noop("“%(value)s” is no id"), text)
    return int(text)


def parse_imdb_id(text: str) -> str:
    """Return an IMDb id such as tt0114709, empty where there is none.

    Raises:
        BadValueError: It is none.
    """
    text = text.strip().lower()
    if not text:
        return ""
    found = IMDB_ID.fullmatch(text)
    if found is None:
        raise BadValueError(gettext_noop("“%(value)s” is no IMDb id such as tt0114709"), text)
    return f"tt{int(found.group(1)):07d}"


def clean_title(text: str) -> str:
    """Return a title without spaces around it.

    Raises:
        BadValueError: It is far too long, or holds characters that no title has.
    """
    text = text.strip()
    if UNREADABLE.search(text):
        raise BadValueError(gettext_noop("the title holds unreadable characters"), "")
    if len(text) > MAX_TITLE_CHARACTERS:
        raise BadValueError(gettext_noop("“%(value)s…” is too long for a title"), text)
    return text


def clean_text(text: str, *, has_markup: bool = False) -> str:
    """Return what somebody wrote as plain text that a database keeps."""
    text = UNREADABLE.sub("\ufffd", text)
    if has_markup:
        text = html.unescape(MARKUP.sub("", LINE_BREAKS.sub("\n", text)))
    return text.strip()
