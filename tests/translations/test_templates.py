"""No page says anything that gettext does not know."""

from pathlib import Path

import pytest

from tests.translations.extracting import ROOT, template_files
from tests.translations.literal_text import find_literal_words


@pytest.mark.parametrize(
    "path", template_files(), ids=lambda path: path.relative_to(ROOT / "templates").as_posix()
)
def test_template_says_nothing_outside_gettext(path: Path) -> None:
    assert find_literal_words(path.read_text()) == []


def test_words_outside_gettext_are_found() -> None:
    source = '<p title="Hm, a film">{% translate "Film" %} or {{ other }}</p>'
    assert find_literal_words(source) == ["Hm", "film", "or"]
