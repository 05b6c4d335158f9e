"""How a document is laid out: indentation, blank lines, and what stands in one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from journeys.formatting.scalars import as_block, folded, in_line
from journeys.formatting.written import BLANK, Collection, Entry, Scalar, Written

WIDTH = 100
"""What an author wrote in one line stays there if it is no longer than this."""
_INDENT = 2


def laid_out(documents: Sequence[Written]) -> str:
    """Write the documents of a file."""
    texts = ("".join(f"{line}\n" for line in _document(document)) for document in documents)
    return "---\n".join(texts)


def _document(document: Written) -> list[str]:
    lines: list[str] = []
    _add(lines, document.before, 0)
    root = document.root
    if isinstance(root, Scalar):
        lines += _scalar("", root, 0)
    elif root is not None:
        lines += _collection(root, 0) if root.entries else [*root.foot, _flow(root)]
    _add(lines, document.after, 0)
    return lines


def _add(lines: list[str], more: Iterable[str], indent: int) -> None:
    """Add lines; a blank one neither at the beginning nor below another."""
    for line in more:
        if line != BLANK:
            lines.append(" " * indent + line)
        elif lines and lines[-1] != BLANK:
            lines.append(BLANK)


def _collection(collection: Collection, indent: int) -> list[str]:
    lines: list[str] = []
    above, own = _parts(collection, indent)
    _add(lines, above, indent)
    return lines + own


def _parts(collection: Collection, indent: int) -> tuple[list[str], list[str]]:
    """Give what stands above the first entry, not yet indented, and all lines from there on."""
    first, *others = collection.entries
    above_first, lines = _entry(first, indent)
    for entry in others:
        above, own = _entry(entry, indent)
        _add(lines, above, indent)
        lines += own
    _add(lines, collection.foot, indent)
    return above_first, lines


def _entry(entry: Entry, indent: int) -> tuple[list[str], list[str]]:
    """Give what stands above a pair or an item, not yet indented, and its own lines."""
    above, behind = list(entry.before), [c for c in (entry.head, entry.after) if c]
    lead = " " * indent + ("-" if entry.key is None else f"{in_line(entry.key)}:")
    value = entry.value
    if isinstance(value, Scalar):
        lines = _scalar(lead, value, indent)
    elif not value.entries:
        behind += [line for line in value.foot if line]
        lines = [f"{lead} {_flow(value)}"]
    elif _fits(value, len(lead) + 1):
        lines = [f"{lead} {_flow(value)}"]
    elif entry.key is not None:
        lines = [lead, *_collection(value, indent + _INDENT)]
    else:
        # The first entry stands behind the dash, and its comments above that.
        above_first, (first, *rest) = _parts(value, indent + _INDENT)
        above += [*behind, *above_first]
        behind = []
        lines = [f"{lead} {first.lstrip()}", *rest]
    above += behind[:-1]
    lines[0] += "".join(f" {comment}" for comment in behind[-1:])
    return above, lines


def _scalar(lead: str, scalar: Scalar, indent: int) -> list[str]:
    line = f"{lead} {in_line(scalar)}".rstrip(" ") if lead else in_line(scalar)
    block = as_block(scalar)
    if block is None and len(line) > WIDTH:
        block = folded(scalar, WIDTH - indent - _INDENT)
    if block is None:
        return [line]
    sign, *text = block
    inner = " " * (indent + _INDENT)
    head = f"{lead} {sign}" if lead else sign
    return [head, *(f"{inner}{part}" if part else part for part in text)]


def _fits(collection: Collection, before: int) -> bool:
    return _can_flow(collection) and before + len(_flow(collection)) <= WIDTH


def _can_flow(collection: Collection) -> bool:
    """Say whether an author wrote a collection in one line, and no comment breaks it."""
    return (
        collection.is_flow and not any(collection.foot) and all(map(_is_bare, collection.entries))
    )


def _is_bare(entry: Entry) -> bool:
    nested = entry.value
    commented = any(entry.before) or entry.head or entry.after
    return not commented and (isinstance(nested, Scalar) or _can_flow(nested))


def _flow(collection: Collection) -> str:
    """Write a collection in one line."""
    items = []
    for entry in collection.entries:
        value = entry.value
        text = _flow(value) if isinstance(value, Collection) else in_line(value) or "null"
        items.append(text if entry.key is None else f"{in_line(entry.key)}: {text}")
    if not items:
        return "{}" if collection.is_mapping else "[]"
    joined = ", ".join(items)
    return f"{{ {joined} }}" if collection.is_mapping else f"[{joined}]"
