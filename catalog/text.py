"""Titles: as MovieLens writes them, as people read them, and as search compares them."""

import re
import unicodedata

# "Matrix, The": the articles MovieLens moves behind a title, in the languages it has.
# fmt: off
ARTICLES = frozenset((
    "the", "a", "an",
    "le", "la", "les", "l'", "un", "une", "des", "el", "los", "las", "lo", "una", "il", "gli", "i",
    "der", "die", "das", "den", "det", "de", "dem", "ein", "eine", "en", "ett", "et", "het", "een",
    "o", "os", "as", "um", "uma", "al", "az", "egy",
))
# fmt: on
# As a leading word in search only: those that are no words of their own in English.
LEADING_ARTICLES = ("the ", "a ", "an ", "le ", "la ", "les ", "el ", "los ", "das ", "der ", "il ")
NOT_SPLIT = str.maketrans(
    {"ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
DELETED = re.compile(r"['’‘`´.*]")  # E.T. is et, M*A*S*H is mash, Schindler's is schindlers
NOT_WORD = re.compile(r"[\W_]+")
YEAR_AT_END = re.compile(r"\s*\((\d{4})(?:\s*[-–]\s*(?:\d{4})?)?\)+\s*$")
MOVED_ARTICLE = re.compile(r"^(?P<rest>.+), (?P<article>[^\W\d_]{1,3}'?)$")
PARENTHESES = re.compile(r"\(([^()]+)\)")
# What tells one film of a series from the next: "2", "Part II", "Vol. 1" behind the shared name.
NUMBER_AT_END = re.compile(r"\s+(?:(?:part|episode|chapter|vol|volume)\s+)?(?:\d{1,2}|[ivx]{1,5})$")
SERIES_ENDS = re.compile(r":| - | \(|\band the\b", re.IGNORECASE)


def split_title(raw: str) -> tuple[str, int | None]:
    """Split a MovieLens title into the title as people read it and its year, if it has one.

    "Matrix, The (1999)" gives ("The Matrix", 1999); a span of years gives its first.
    """
    year = YEAR_AT_END.search(raw)
    title = YEAR_AT_END.sub("", raw).strip() if year else raw.strip()
    title = PARENTHESES.sub(lambda found: f"({move_article(found.group(1))})", title)
    head, parenthesis, rest = title.partition(" (")
    return move_article(head) + parenthesis + rest, int(year.group(1)) if year else None


def move_article(title: str) -> str:
    """Put an article that stands behind a comma in front: "Avventura, L'" is "L'Avventura"."""
    found = MOVED_ARTICLE.match(title.strip())
    if found is None or found["article"].casefold() not in ARTICLES:
        return title
    joint = "" if found["article"].endswith("'") else " "
    return f"{found['article']}{joint}{found['rest']}"


def normalise_title(title: str) -> str:
    """Return what search compares: lower case, no accents, words with one space between.

    A moved article goes back to the front, "&" reads "and", and marks inside words vanish.
    """
    text = unicodedata.normalize("NFKD", move_article(title)).casefold().replace("&", " and ")
    decomposed = unicodedata.normalize("NFKD", text.translate(NOT_SPLIT))
    text = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    return NOT_WORD.sub(" ", DELETED.sub("", text)).strip()


def drop_leading_article(normalised: str) -> str:
    """Return a normalised title without its leading article: "the matrix" is "matrix"."""
    for article in LEADING_ARTICLES:
        if normalised.startswith(article) and len(normalised) > len(article):
            return normalised[len(article) :]
    return normalised


def name_series(title: str) -> str:
    """Return what the titles of a series share, a guess: "Toy Story 2" gives "toy story".

    It is what stands before a colon, a dash, a parenthesis or "and the" (Harry Potter and the
    Goblet of Fire), without a number at its end. A film that belongs to none gets its own title.
    """
    head = SERIES_ENDS.split(move_article(title), maxsplit=1)[0]
    return NUMBER_AT_END.sub("", drop_leading_article(normalise_title(head))) or title
