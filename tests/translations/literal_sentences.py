"""Finds sentences in Python that people are shown and that stand outside gettext.

A sentence is shown where it is given to one of `SHOWING`, or raised in an exception whose words a
page gives to one of them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

# What shows the words it is given, by its last name.
SHOWING = {
    "add_error", "confirm", "debug", "error", "info", "message_user", "refuse", "success",
    "warning",
}  # fmt: skip
# Of these names only those of `messages` show something: a logger has them, too.
OF_MESSAGES = {"debug", "error", "info", "success", "warning"}
FORM_ERROR = "django.core.exceptions"


@dataclass
class _Facts:
    """What the modules of a site say of its exceptions."""

    bases: dict[str, set[str]] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)

    def is_shown(self, name: str) -> bool:
        """Return whether pages show the words of this exception, or of one that it is a kind of."""
        return name in self.shown or any(map(self.is_shown, self.bases.get(name, ())))


def find_literal_sentences(sources: Mapping[str, str]) -> list[str]:
    """Return `path:line` of each sentence in modules (path → source) that gettext never sees."""
    modules = {path: ast.parse(source) for path, source in sources.items()}
    facts = _Facts()
    for module in modules.values():
        _note_exceptions(module, facts)
    for module in modules.values():
        facts.shown |= set(_find_shown(module, facts))
    return [
        f"{path}:{line}"
        for path, module in modules.items()
        for line in sorted(set(_find_literals(module, facts)))
    ]


def _note_exceptions(module: ast.Module, facts: _Facts) -> None:
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            facts.bases.setdefault(node.name, set()).update(_name_all(node.bases))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            for target in _name_all(node.targets):
                facts.groups.setdefault(target, set()).update(_name_all(node.value.elts))


def _find_shown(module: ast.Module, facts: _Facts) -> Iterator[str]:
    """Yield the exceptions that are caught and shown; one that Python has is nobody's in words."""
    for handler in ast.walk(module):
        if not isinstance(handler, ast.ExceptHandler) or not handler.name or not handler.type:
            continue
        words = {f"str({handler.name})", f"{handler.name}.message"}
        calls = [node for line in handler.body for node in ast.walk(line)]
        given = [arg for call in calls if _is_showing(call) for arg in call.args]  # type: ignore[attr-defined]
        if not any(ast.unparse(arg) in words for arg in given):
            continue
        caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        for name in _name_all(caught):
            yield from facts.groups.get(name, {name})


def _find_literals(module: ast.Module, facts: _Facts) -> Iterator[int]:
    imported = {
        alias.asname or alias.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module == FORM_ERROR
        for alias in node.names
    }
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        name = _name(node.func)
        is_form_error = name == "ValidationError" and name in imported
        if is_form_error or _is_showing(node) or facts.is_shown(name):
            values = [*node.args, *(keyword.value for keyword in node.keywords)]
            yield from (value.lineno for value in values if _is_sentence(value))


def _is_showing(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = _name(node.func)
    is_of_messages = ast.unparse(node.func) == f"messages.{name}"
    return name in SHOWING and (name not in OF_MESSAGES or is_of_messages)


def _is_sentence(node: ast.expr) -> bool:
    """Return whether it has words with a space between, be it put together in place."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and " " in node.value.strip()
    if isinstance(node, ast.JoinedStr):
        return any(map(_is_sentence, node.values))
    if isinstance(node, ast.BinOp):
        return _is_sentence(node.left) or _is_sentence(node.right)
    return isinstance(node, ast.IfExp) and (_is_sentence(node.body) or _is_sentence(node.orelse))


def _name_all(nodes: Iterable[ast.expr]) -> set[str]:
    return {_name(node) for node in nodes}


def _name(node: ast.expr) -> str:
    """Return the last of the names joined by dots, or nothing."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
