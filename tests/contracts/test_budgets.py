"""Sizes that keep the code readable, counted in its syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from jobs.cli.app import VERBS

ROOT = Path(__file__).parents[2]
PACKAGES = ("journeys", "operators", "connectors", "jobs", "docs", "bench", "examples")
FILES = sorted(
    file.relative_to(ROOT).as_posix() for name in PACKAGES for file in (ROOT / name).rglob("*.py")
)
VERB_FILES = {f"{module.replace('.', '/')}.py" for module in VERBS.values()}
MAX_LINES = 500
MAX_ENGINE_LINES = 400
MAX_FUNCTION_LINES = 50
MAX_PARAMETERS = 7
MAX_OPTIONS = 10
"""Of a verb: a person gives each by its name."""
MAX_NESTING = 4
_NESTS = (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.Match, ast.AsyncFor, ast.AsyncWith)
_DECLARES = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.Expr)


@cache
def tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def functions(file: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function without its docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    if ast.get_docstring(function) is not None:
        text = function.body[0]
        lines -= (text.end_lineno or 0) - text.lineno + 1
    return lines


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    given = function.args
    named = [a for a in (*given.posonlyargs, *given.args) if a.arg not in ("self", "cls")]
    is_constructor = function.name == "__init__"
    return len(named) + (0 if is_constructor else len(given.kwonlyargs))


def nesting(node: ast.AST) -> int:
    """Count how deep statements are nested; `elif` is not deeper than its `if`."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        own = int(isinstance(child, _NESTS) and not is_elif)
        deepest = max(deepest, own + nesting(child))
    return deepest


@pytest.mark.parametrize("file", FILES)
def test_files_and_functions_keep_their_budgets(file: str) -> None:
    lines = len((ROOT / file).read_text(encoding="utf-8").splitlines())
    assert lines <= (MAX_ENGINE_LINES if file == "journeys/engine.py" else MAX_LINES)
    long = {f.name: length(f) for f in functions(file) if length(f) > MAX_FUNCTION_LINES}
    assert long == {}
    most = MAX_OPTIONS if file in VERB_FILES else MAX_PARAMETERS
    wide = {f.name: parameters(f) for f in functions(file) if parameters(f) > most}
    assert wide == {}
    deep = {f.name: nesting(f) for f in functions(file) if nesting(f) > MAX_NESTING}
    assert deep == {}


@pytest.mark.parametrize("file", [f for f in FILES if f.endswith("__init__.py")])
def test_a_package_has_no_logic_of_its_own(file: str) -> None:
    body = tree(file).body
    assert all(isinstance(node, _DECLARES) for node in body)


@pytest.mark.parametrize("file", FILES)
def test_every_module_says_what_it_holds(file: str) -> None:
    assert ast.get_docstring(tree(file))
