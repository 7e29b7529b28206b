"""The clock that trainings are timed and bounded by."""

from __future__ import annotations

import time


def read_minutes(device: str) -> float:
    """Return minutes since some moment: of CPU, all threads together, where the CPU does the work.

    So what else a machine does costs a model nothing of its budget, and a table's minutes can be
    told again. Elsewhere they are minutes on the wall.
    """
    return (time.process_time() if device == "cpu" else time.monotonic()) / 60


def name_minutes(device: str) -> str:
    """Return what `read_minutes` counts, in words."""
    return "CPU minutes" if device == "cpu" else "minutes"
