"""What a web process leaves out while it starts."""

import importlib
import subprocess
import sys

import pytest

from movieshow.lean import NEVER_USED, SELDOM_USED, leave_out, load_later


def test_package_is_missing_inside_and_there_after() -> None:
    sys.modules.pop("colorsys", None)
    with leave_out(("colorsys",)), pytest.raises(ImportError):
        importlib.import_module("colorsys")
    assert importlib.import_module("colorsys").rgb_to_hsv


def test_package_that_is_loaded_stays() -> None:
    json = importlib.import_module("json")
    with leave_out(("json",)):
        assert importlib.import_module("json") is json
    assert sys.modules["json"] is json


def test_module_is_loaded_when_something_of_it_is_asked_for() -> None:
    package = importlib.import_module("xml.dom")
    sys.modules.pop("xml.dom.pulldom", None)
    load_later("xml.dom.pulldom")
    later = package.pulldom
    assert "xml.dom.pulldom" not in sys.modules
    assert later.START_ELEMENT == "START_ELEMENT"
    assert package.pulldom is sys.modules["xml.dom.pulldom"]


def test_web_process_starts_without_what_it_never_uses() -> None:
    unused = [*NEVER_USED, SELDOM_USED, "cryptography.fernet", "fido2"]
    unused += ["numpy.random", "rapidfuzz", "torch"]
    code = f"import sys, movieshow.wsgi; print(sorted({{*{unused}}} & {{*sys.modules}}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"
