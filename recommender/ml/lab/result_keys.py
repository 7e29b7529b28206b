"""What a result depends on, as hashes: data, split, config, files and code."""

from __future__ import annotations

import ast
import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from recommender.ml.datasets import Interactions, MovieInfo
from recommender.ml.splits import EvaluationSplit

HASH_DIGITS = 16
PACKAGE = "recommender.ml"
PACKAGE_FOLDER = Path(__file__).parents[1]
NO_PART_IN_RESULTS = frozenset(
    f"{PACKAGE}.{name}" for name in ("errors", "files", "lab.plots", "lab.report")
)
"""Modules that word, write and draw: no answer depends on them, whoever imports them."""


LATER_OPTIONS = (("model", "relative_time_bias", False),)
"""Section, option and the value at which it does nothing."""


def hash_values(value: Any) -> str:
    """Return the first 16 hex digits of SHA-256 of plain JSON values, the order of keys aside."""
    text = json.dumps(value, sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]


def describe_config(config: Any) -> dict[str, Any]:
    """Return a network's config, a dataclass, as plain values for a key, its name aside.

    Options that came after answers were kept count only where they are used: the others' keys are
    as they were.
    """
    sections = {**dataclasses.asdict(config), "name": None}
    for section, name, unused in LATER_OPTIONS:
        if sections[section][name] == unused:
            del sections[section][name]
    return sections


def hash_interactions(interactions: Interactions) -> str:
    """Return a hash of every rating, its person and its place."""
    digest = hashlib.sha256(repr(interactions.person_keys).encode())
    digest.update(repr(sorted(interactions.order_only)).encode())
    columns = (interactions.person, interactions.movie_id, interactions.rating)
    for column in (*columns, interactions.timestamp):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()[:HASH_DIGITS]


def hash_movies(movies: Mapping[int, MovieInfo]) -> str:
    """Return a hash of what is known of the movies."""
    rows = [(key, info.title, info.year, info.genres) for key, info in sorted(movies.items())]
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:HASH_DIGITS]


def hash_split(split: EvaluationSplit) -> str:
    """Return a hash of a split with the times that the published hash of it leaves out."""
    digest = hashlib.sha256(split.split_hash.encode() + split.true_times.tobytes())
    for timestamps in split.timestamps:
        digest.update(timestamps.tobytes())
    return digest.hexdigest()[:HASH_DIGITS]


def hash_files(directory: Path) -> str:
    """Return a hash of the names and contents of all files of a folder."""
    digest = hashlib.sha256()
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(directory)}:{content}\n".encode())
    return digest.hexdigest()[:HASH_DIGITS]


def hash_code(modules: Sequence[str], folder: Path = PACKAGE_FOLDER) -> str:
    """Return a hash of the code of modules and all they import of `recommender.ml`.

    It is of syntax trees without docstrings: comments and layout do not count, nor does what only
    words, writes and draws. Taken once a process and tuple of modules, for that is the code that
    runs.
    """
    return _hash_code(tuple(modules), folder)


@lru_cache(maxsize=64)
def _hash_code(modules: tuple[str, ...], folder: Path) -> str:
    found: dict[str, str] = {}
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        path = _module_path(module, folder)
        if module in found or module in NO_PART_IN_RESULTS or path is None:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        waiting.extend(_imported_modules(tree))
        _drop_docstrings(tree)
        found[module] = ast.dump(tree)
    return hash_values(found)


def _module_path(module: str, folder: Path) -> Path | None:
    """Return the file of a module of the package; None for packages, names and other code."""
    if not module.startswith(f"{PACKAGE}."):
        return None
    path = folder.joinpath(*module.removeprefix(f"{PACKAGE}.").split(".")).with_suffix(".py")
    return path if path.is_file() else None


def _imported_modules(tree: ast.AST) -> Iterator[str]:
    """Yield what any line imports, inside functions too; `from package import name` as both."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _drop_docstrings(tree: ast.AST) -> None:
    for node in ast.walk(tree):
        kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, kinds) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
