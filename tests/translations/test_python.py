"""No module shows people a sentence that gettext does not know."""

from tests.translations.extracting import APPS, ROOT
from tests.translations.literal_sentences import find_literal_sentences

OWN = """
class BaseError(Exception): ...
class KindError(BaseError): ...
class HiddenError(Exception): ...
raise KindError("Not like this.")
raise HiddenError("For the log alone.")
raise KindError(_("Not like this."))
raise KindError(f"There are {count} of them.")
"""
VIEWS = """
from django.core.exceptions import ValidationError
GROUP = (BaseError, OtherError)
try: work()
except GROUP as error: refuse(request, str(error), status=409)
except HiddenError as error: logger.warning("not kept", error=str(error))
messages.error(request, "Not like that.")
messages.error(request, _("Not like that."))
raise ValidationError("Give a word.", code="word")
form.add_error("name", text)
"""


def test_modules_show_no_sentence_outside_gettext() -> None:
    files = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py"))]
    sources = {path.relative_to(ROOT).as_posix(): path.read_text() for path in files}
    assert find_literal_sentences(sources) == []


def test_sentences_outside_gettext_are_found() -> None:
    found = find_literal_sentences({"own.py": OWN, "views.py": VIEWS})
    assert found == ["own.py:5", "own.py:8", "views.py:7", "views.py:9"]
