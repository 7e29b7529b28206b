"""JSON files: Trakt's, and those of our own export."""

import json
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext_noop

from catalog.importing.container import Part
from catalog.importing.notes import UploadRefusedError
from catalog.importing.own_json import read_own
from catalog.importing.rows import Document, NoteProblem
from catalog.importing.trakt import read_heads, read_trakt

MAX_JSON_CHARACTERS = 16 * 2**20
# The file that says what each of Trakt's lists is called.
HEADS = "lists-lists"


def looks_like_json(part: Part) -> bool:
    """Return whether a file is JSON rather than a table."""
    return part.text.lstrip("\ufeff \t\r\n")[:1] in ("[", "{")


def read_documents(parts: Sequence[Part], note_problem: NoteProblem) -> Iterator[Document]:
    """Yield what JSON files hold, lists last.

    Raises:
        UploadRefusedError: One is no JSON, or too much of it.
    """
    named = [part for part in parts if part.stem == HEADS]
    heads = {key: head for part in named for key, head in read_heads(_load(part)).items()}
    lists: list[Document] = []
    for part in parts:
        if part in named:
            continue
        content = _load(part)
        own = read_own(part, content, note_problem)
        documents = read_trakt(part, content, heads, note_problem) if own is None else own
        for document in documents:
            if document.head is None:
                yield document
            else:
                lists.append(document)
    yield from lists


def _load(part: Part) -> object:
    if len(part.text) > MAX_JSON_CHARACTERS:
        raise UploadRefusedError(
            gettext_noop("%(name)s has more than %(most)s MiB of JSON."),
            name=part.name,
            most=MAX_JSON_CHARACTERS // 2**20,
        )
    try:
        content: object = json.loads(part.text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise UploadRefusedError(
            gettext_noop("%(name)s is no JSON (%(reason)s): export it anew."),
            name=part.name,
            reason=str(error)[:120],
        ) from error
    return content
