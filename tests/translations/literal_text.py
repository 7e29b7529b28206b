"""Finds words in templates that stand outside gettext."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from django.template.base import Lexer, TokenType

# Names and signs that are the same in every language.
SAME_EVERYWHERE = {
    "API", "BY", "CC", "CSV", "IMDb", "JSON", "Letterboxd", "MovieLens", "MovieShow", "SA", "TMDB",
    "Trakt", "UTC", "Wikipedia",
}  # fmt: skip
SPOKEN_ATTRIBUTES = {"alt", "aria-description", "aria-label", "placeholder", "title"}
WORD = re.compile(r"[^\W\d_]{2,}")


class _Reader(HTMLParser):
    """Collects the words that a page shows or a screen reader says."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words += WORD.findall(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in SPOKEN_ATTRIBUTES or name.startswith("data-said"):
                self.words += WORD.findall(value or "")


def find_literal_words(source: str) -> list[str]:
    """Return the words of a template outside its tags that are not the same everywhere."""
    shown: list[str] = []
    inside = ""
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.BLOCK:
            name = token.contents.split()[0]
            if name in {"blocktranslate", "comment"}:
                inside = f"end{name}"
            elif name == inside:
                inside = ""
        elif token.token_type == TokenType.TEXT and not inside:
            shown.append(token.contents)
        elif token.token_type == TokenType.VAR:
            shown.append("0")
    reader = _Reader()
    reader.feed("".join(shown))
    reader.close()
    return [word for word in reader.words if word not in SAME_EVERYWHERE]
