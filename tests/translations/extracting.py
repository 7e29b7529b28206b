"""Finds every text that goes through gettext, as Django itself would look it up.

Python is read by its syntax tree and templates by Django's own parser, so neither GNU gettext nor
another extractor's idea of a template tag is needed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.template.base import FilterExpression, Template, Variable
from django.template.context import Context
from django.template.engine import Engine
from django.template.loader_tags import IncludeNode
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.functional import Promise
from django.utils.translation import override

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "catalog", "movieshow", "recommender")
# How many leading arguments are texts, and whether a context stands before them.
FUNCTIONS = {
    "gettext": (1, False),
    "gettext_lazy": (1, False),
    "gettext_noop": (1, False),
    "ngettext": (2, False),
    "ngettext_lazy": (2, False),
    "pgettext": (1, True),
    "pgettext_lazy": (1, True),
    "npgettext": (2, True),
    "npgettext_lazy": (2, True),
}


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """A text as gettext looks it up; empty where it has no context or plural."""

    singular: str
    plural: str = ""
    context: str = ""


Found = Iterator[tuple[Message, str]]


def extract_messages() -> dict[Message, list[str]]:
    """Return every text of the site with the files it stands in, in the order of the files."""
    places: dict[Message, list[str]] = {}
    for message, place in (*extract_python(), *extract_templates()):
        files = places.setdefault(message, [])
        if place not in files:
            files.append(place)
    return places


def extract_python() -> Found:
    """Yield the texts in Python files."""
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            source = path.read_text()
            if "django.utils.translation" in source:
                for message in _read_module(ast.parse(source)):
                    yield message, _name(path)


def _read_module(module: ast.Module) -> Iterator[Message]:
    names = {
        alias.asname or alias.name: FUNCTIONS[alias.name]
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
        if alias.name in FUNCTIONS
    }
    for node in ast.walk(module):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id not in names:
            continue
        num_texts, has_context = names[node.func.id]
        texts = [read for arg in node.args[: num_texts + has_context] if (read := _read_text(arg))]
        if len(texts) == num_texts + has_context:
            context = texts.pop(0) if has_context else ""
            yield Message(texts[0], texts[1] if num_texts == 2 else "", context)


def _read_text(node: ast.expr) -> str:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text else ""  # type: ignore[attr-defined]


def template_files() -> list[Path]:
    """Return the files of our own templates."""
    return sorted((ROOT / "templates").rglob("*.html"))


def extract_templates() -> Found:
    """Yield the texts in templates."""
    for path in template_files():
        for message in read_template(path.read_text()):
            yield message, _name(path)


def read_template(source: str) -> Iterator[Message]:
    """Yield the texts of a template."""
    nodes = Template(source, engine=Engine.get_default()).nodelist
    for node in nodes.get_nodes_by_type(TranslateNode):
        variable = node.filter_expression.var  # type: ignore[attr-defined]
        literal = variable.literal if isinstance(variable, Variable) else variable
        if isinstance(literal, str):
            yield Message(str(literal), "", _read_context(node.message_context))  # type: ignore[attr-defined]
    for node in nodes.get_nodes_by_type(IncludeNode):
        for given in node.extra_context.values():  # type: ignore[attr-defined]
            if isinstance(given.var, Promise):  # _("…"), which Django reads as a lazy text
                with override(None):
                    yield Message(str(given.var))
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        assert isinstance(node, BlockTranslateNode)
        singular, _ = node.render_token_list(node.singular)
        plural = node.render_token_list(node.plural)[0] if node.plural else ""
        yield Message(singular, plural, _read_context(node.message_context))


def _read_context(expression: FilterExpression | None) -> str:
    return str(expression.resolve(Context())) if expression else ""


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def list_singulars(messages: Iterable[Message]) -> set[str]:
    """Return the texts that have no plural."""
    return {message.singular for message in messages if not message.plural}
