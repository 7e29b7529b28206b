"""A web process gives free memory back."""

import ctypes
import os
import subprocess
import sys
import threading

import pytest

from movieshow.trimming import find_trim, keep_trimming


def test_trims_again_and_again_until_it_is_stopped() -> None:
    stop, calls = threading.Event(), []

    def trim() -> None:
        calls.append(1)
        if len(calls) == 3:
            stop.set()

    keep_trimming(trim, stop=stop, seconds=0.001)
    assert len(calls) == 3


def test_memory_between_what_stays_is_given_back() -> None:
    code = (
        "from movieshow.trimming import find_trim\n"
        "held = lambda: int(open('/proc/self/statm').read().split()[1])\n"
        # What stays lies between what goes, each below the size that is mapped by itself.
        "blocks = [bytearray(50_000) for _ in range(1000)]\n"
        "del blocks[::2]\n"
        "before = held(); find_trim()(); print(before - held())\n"
    )
    kept = {**os.environ, "MALLOC_TRIM_THRESHOLD_": "1000000000"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=kept
    )
    assert int(done.stdout) > 2000  # pages: most of 25 MB


def test_c_library_without_it_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: object())
    assert find_trim() is None
