"""What an import has to say, kept so that it can be said in the reader's language."""

from typing import Any, TypedDict

from django.utils.translation import gettext


class Note(TypedDict):
    """An untranslated message and what is to be put into it."""

    text: str
    values: dict[str, Any]


class Problem(Note):
    """A note on one line of a file, such as ratings.csv:12."""

    where: str


def make_note(text: str, **values: object) -> Note:
    """Return a note; mark `text` with `gettext_noop` where it is written."""
    return Note(text=text, values=values)


def say(note: Note) -> str:
    """Return a note in the present language."""
    return gettext(note["text"]) % note["values"]


class UploadRefusedError(Exception):
    """An upload cannot be imported; its note says why and what to do, for who uploaded it."""

    def __init__(self, text: str, **values: object) -> None:
        self.note = make_note(text, **values)
        super().__init__(text % values)
