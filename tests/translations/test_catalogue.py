"""The German catalogue is complete, says what the English says, and is compiled."""

import re
from pathlib import Path

import allauth
import polib
import pytest

from accounts.library_texts import LIBRARY_TEXTS
from tests.translations.catalogue import (
    MO_FILE,
    bring_up_to_date,
    identify,
    list_translations,
    read_catalogue,
)
from tests.translations.extracting import Message, extract_messages, read_template

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|%[sd]")
TAG = re.compile(r"</?\w+[^>]*>")


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return read_catalogue()


def read_compiled(path: Path) -> dict[Message, list[str]]:
    return {identify(entry): list_translations(entry) for entry in polib.mofile(str(path))}


def test_every_text_of_the_site_is_translated(catalogue: polib.POFile) -> None:
    translated = {identify(entry) for entry in catalogue if all(list_translations(entry))}
    assert set(extract_messages()) - translated == set(), "run make messages and translate"


def test_nothing_is_kept_that_the_site_does_not_say(catalogue: polib.POFile) -> None:
    assert {identify(entry) for entry in catalogue} - set(extract_messages()) == set()
    assert not catalogue.obsolete_entries()


def test_nothing_is_left_unsure(catalogue: polib.POFile) -> None:
    assert [entry.msgid for entry in catalogue if entry.fuzzy] == []


def test_translations_fill_in_the_same_values(catalogue: polib.POFile) -> None:
    differing = [
        entry.msgid
        for entry in catalogue
        for original, said in zip(
            [entry.msgid, entry.msgid_plural], list_translations(entry), strict=False
        )
        if sorted(PLACEHOLDER.findall(original)) != sorted(PLACEHOLDER.findall(said))
    ]
    assert differing == []


def test_translations_have_the_same_markup(catalogue: polib.POFile) -> None:
    differing = [
        entry.msgid
        for entry in catalogue
        for said in list_translations(entry)
        if sorted(TAG.findall(entry.msgid)) != sorted(TAG.findall(said))
    ]
    assert differing == []


def test_translations_begin_and_end_as_the_original(catalogue: polib.POFile) -> None:
    def edges(text: str) -> tuple[bool, ...]:
        return (text[:1].isspace(), text[-1:].isspace(), text.rstrip("“”").endswith((".", "!")))

    differing = [
        entry.msgid
        for entry in catalogue
        for said in list_translations(entry)
        if edges(entry.msgid) != edges(said)
    ]
    assert differing == []


def test_quotation_marks_are_german(catalogue: polib.POFile) -> None:
    wrong = [
        said
        for entry in catalogue
        for said in list_translations(entry)
        if "”" in said
        or re.sub("„[^„“]*“", "", said) != re.sub("[„“]", "", re.sub("„[^„“]*“", "", said))
    ]
    assert wrong == []


def test_compiled_catalogue_is_that_of_the_text(catalogue: polib.POFile, tmp_path: Path) -> None:
    catalogue.save_as_mofile(str(tmp_path / "django.mo"))
    assert read_compiled(MO_FILE) == read_compiled(tmp_path / "django.mo"), "run make messages"


def test_new_texts_come_empty_and_old_ones_go() -> None:
    old = polib.POFile()
    old.append(polib.POEntry(msgid="kept", msgstr="behalten"))
    old.append(polib.POEntry(msgid="gone", msgstr="weg"))
    found = {Message("kept"): ["a.py"], Message("%(n)s new", "%(n)s new ones"): ["b.html"]}
    fresh = bring_up_to_date(old, found)
    assert [list_translations(entry) for entry in fresh] == [["behalten"], ["", ""]]


def test_texts_of_templates_are_found_as_django_looks_them_up() -> None:
    source = """{% load i18n %}{% if a %}{% translate "One" context "x" %}{% endif %}
    {% translate name %}{% blocktranslate trimmed count n=n %}
      {{ n }} of 5 %
    {% plural %}{{ n }} ones{% endblocktranslate %}
    {% include "a.html" with label=_("Two") plain="Three" %}"""
    assert list(read_template(source)) == [
        Message("One", context="x"),
        Message("Two"),
        Message("%(n)s of 5 %%", "%(n)s ones"),
    ]


def test_allauths_formal_texts_are_said_as_ours_are(catalogue: polib.POFile) -> None:
    theirs = polib.pofile(str(Path(allauth.__file__).parent / "locale/de/LC_MESSAGES/django.po"))
    assert set(LIBRARY_TEXTS) - {entry.msgid for entry in theirs} == set()
    said = [text for entry in catalogue for text in list_translations(entry)]
    assert [text for text in said if re.search(r"\b(Ihnen|Ihrem|Ihren)\b", text)] == []
