"""The canonical form of a file, and the proof that it says the same."""

from __future__ import annotations

import re
from collections.abc import Container

from journeys.diagnostics import Code
from journeys.document import Document, read_documents
from journeys.expressions import ExpressionError, parse, print_expression
from journeys.formatting.fields import expression_paths, put_in_order, scalar_at
from journeys.formatting.layout import laid_out
from journeys.formatting.written import (
    BLOCKS,
    Collection,
    FormatError,
    Written,
    comments_in,
    read_written,
)
from journeys.messages import JsonValue
from journeys.specification import Path

_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def format_text(file: str, text: str) -> str:
    """Write a file of definitions in the canonical form.

    Raises:
        FormatError: it cannot be read, or not be written again without a loss.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    documents = _read(file, text)
    written = _without_empty(read_written(text))
    for document, form in zip(documents, written, strict=bool(documents)):
        if isinstance(form.root, Collection):
            _rewrite_expressions(document, form.root)
            if "kind" in (document.value if isinstance(document.value, dict) else ()):
                put_in_order(form.root)
    result = laid_out(written)
    again = _read(file, result)
    same = [_meaning(d) for d in documents] == [_meaning(d) for d in again]
    if not same or sorted(comments_in(text)) != sorted(comments_in(result)):
        message = f"{file} cannot be formatted without changing what it says"
        raise FormatError(message)
    return result


def _read(file: str, text: str) -> list[Document]:
    documents, diagnostics = read_documents(file, text, {})
    faults = [d for d in diagnostics if d.code is not Code.ENVIRONMENT]
    if faults:
        raise FormatError("\n".join(fault.render({file: text}) for fault in faults))
    return documents


def _without_empty(documents: list[Written]) -> list[Written]:
    """Give what stands around empty documents to those beside them."""
    kept: list[Written] = []
    waiting: list[str] = []
    for document in documents:
        if _is_empty(document):
            waiting += [*document.before, *document.after]
            continue
        document.before[:0] = waiting
        waiting = []
        kept.append(document)
    if not kept:
        return [Written(None, waiting)]
    kept[-1].after += waiting
    return kept


def _is_empty(document: Written) -> bool:
    root = document.root
    return not isinstance(root, Collection) and (root is None or not root.source)


def _rewrite_expressions(document: Document, root: Collection) -> None:
    for path in expression_paths(document.value):
        scalar = scalar_at(root, path)
        if scalar is None or scalar.style in BLOCKS or "${env:" in scalar.text:
            continue
        text = _canonical(scalar.text)
        if text != scalar.text:
            scalar.text, scalar.style = text, '"'


def _canonical(text: str) -> str:
    """Print an expression with texts in single quotes, as double ones stand around it in a file."""
    try:
        printed = print_expression(parse(text))
    except ExpressionError:
        return text
    return _QUOTED.sub(lambda m: f"'{m[1]}'" if not re.search(r"['\\]", m[1]) else m[0], printed)


def _meaning(document: Document) -> tuple[JsonValue, dict[Path, object]]:
    """Give what a document says, with a tree in place of the text of each expression."""
    trees = {path: _tree(document.text(path)) for path in expression_paths(document.value)}
    return _without(document.value, (), trees), trees


def _tree(text: str) -> object:
    try:
        return parse(text).root
    except ExpressionError:
        return text


def _without(value: JsonValue, path: Path, left_out: Container[Path]) -> JsonValue:
    if path in left_out:
        return None
    if isinstance(value, list):
        return [_without(item, (*path, n), left_out) for n, item in enumerate(value)]
    if isinstance(value, dict):
        return {name: _without(child, (*path, name), left_out) for name, child in value.items()}
    return value
