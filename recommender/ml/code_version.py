"""Which version of the code is running, for reports and cards."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
COMMIT_DIGITS = 12
REPORTS = "docs"


@lru_cache(maxsize=4)
def describe_code(folder: Path = FOLDER) -> dict[str, Any]:
    """Return the `commit` of the checkout that `folder` is in and whether it is `dirty`.

    It is dirty where a file that git follows differs from the commit, but for reports: one written
    now says nothing of the code of the next. Both are None where there is no git, or where git does
    not follow the folder. Found once a process, since what is checked out may change while it runs.
    """
    try:
        _ask_git(folder, "ls-files", "--error-unmatch", ".")
        commit = _ask_git(folder, "rev-parse", f"--short={COMMIT_DIGITS}", "HEAD").strip()
        changed = _ask_git(
            folder,
            *("status", "--porcelain", "--untracked-files=no"),
            *("--", ":/", f":(top,exclude){REPORTS}"),
        )
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "dirty": None}
    return {"commit": commit, "dirty": bool(changed.strip())}


def name_code(report: Mapping[str, Any]) -> str:
    """Return what "made by a command" goes on with, from what `describe_code` said.

    Nothing where the commit is unknown.
    """
    if not report.get("commit"):
        return ""
    changes = " with uncommitted changes" if report.get("dirty") else ""
    return f" at commit `{report['commit']}`{changes}"


def _ask_git(folder: Path, *words: str) -> str:
    command = ["git", "--no-optional-locks", *words]  # a commit beside it shall not find a lock
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout
