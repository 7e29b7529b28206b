"""What a web process leaves out while it starts."""

import importlib
import subprocess
import sys

import pytest

from movieshow.lean import NEVER_USED, leave_out


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


def test_web_process_starts_without_what_it_never_uses() -> None:
    unused = [*NEVER_USED, "numpy.random", "rapidfuzz", "torch"]
    code = f"import sys, movieshow.wsgi; print(sorted({{*{unused}}} & {{*sys.modules}}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1] == "[]"
