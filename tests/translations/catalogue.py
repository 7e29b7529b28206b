"""The German catalogue: a text file that people edit, and the compiled one that Django reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polib

from tests.translations.extracting import ROOT, Message

LANGUAGE = "de"
PO_FILE = ROOT / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"
MO_FILE = PO_FILE.with_suffix(".mo")
HEADER = {
    "Project-Id-Version": "MovieShow",
    "Language": LANGUAGE,
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}


def read_catalogue(path: Path = PO_FILE) -> polib.POFile:
    """Return the catalogue as it is written; lines are wrapped as gettext does."""
    return polib.pofile(str(path), wrapwidth=100)


def identify(entry: polib.POEntry) -> Message:
    """Return the text that an entry translates."""
    return Message(entry.msgid, entry.msgid_plural, entry.msgctxt or "")


def list_translations(entry: polib.POEntry) -> list[str]:
    """Return an entry's translation, or both of a text that counts."""
    if entry.msgid_plural:
        return [entry.msgstr_plural[number] for number in sorted(entry.msgstr_plural)]
    return [entry.msgstr]


def bring_up_to_date(
    catalogue: polib.POFile, found: Mapping[Message, Sequence[str]]
) -> polib.POFile:
    """Return the catalogue of the texts found: translations kept, new ones empty, others gone."""
    known = {identify(entry): entry for entry in catalogue}
    fresh = polib.POFile(wrapwidth=100)
    fresh.metadata = dict(HEADER)
    for message, files in found.items():
        old = known.get(message)
        is_counting = bool(message.plural)
        fresh.append(
            polib.POEntry(
                msgid=message.singular,
                msgid_plural=message.plural,
                msgctxt=message.context or None,
                msgstr=old.msgstr if old and not is_counting else "",
                msgstr_plural=_plurals(old) if is_counting else {},
                occurrences=[(file, "") for file in files],
                tcomment=old.tcomment if old else "",
                flags=["python-format"] if "%(" in message.singular else [],
            )
        )
    return fresh


def _plurals(old: polib.POEntry | None) -> dict[int, str]:
    return dict(old.msgstr_plural) if old and old.msgstr_plural else {0: "", 1: ""}


def write_catalogue(catalogue: polib.POFile) -> None:
    """Write the text file and the compiled one."""
    PO_FILE.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(PO_FILE))
    catalogue.save_as_mofile(str(MO_FILE))
