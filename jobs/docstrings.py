"""The docstring under each field of a class: the one text that pages, schemas and code share.

Reads source files, which takes time: only what writes such texts imports it.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from types import ModuleType

_OWN = ("journeys", "operators", "connectors", "jobs")


def docstrings(described: type) -> dict[str, str]:
    """Give the docstring under each field of a class of a module, its own and inherited ones."""
    found: dict[str, str] = {}
    documented = {*_OWN, _package(described)}  # whoever adds a class describes it likewise
    for each in reversed(described.__mro__):
        if _package(each) in documented:
            found |= _docstrings_in(_classes_of(each.__module__)[each.__name__].body)
    return found


def _package(described: type) -> str:
    return described.__module__.split(".")[0]


def module_docstrings(module: ModuleType) -> dict[str, str]:
    """Give the docstring under each constant of a module."""
    return dict(_docstrings_in(ast.parse(inspect.getsource(module)).body))


@cache
def _classes_of(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _docstrings_in(body: Sequence[ast.stmt]) -> Iterable[tuple[str, str]]:
    for statement, after in pairwise(body):
        match statement, after:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, " ".join(text.split())
            case _:
                continue
