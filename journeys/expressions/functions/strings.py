"""Functions of texts. Positions count characters from 0."""

from __future__ import annotations

from journeys.expressions.function import OnNull, function
from journeys.expressions.scope import Scope
from journeys.expressions.values import Value, bounded_length, bounded_text


@function(
    "concat(a: string, b: string) -> string",
    "concat(texts: listString) -> string",
    examples=[("concat('Hello', 'World')", "HelloWorld"), ("concat(['a', null, 'b'])", "ab")],
    on_null=OnNull.CALL,
    never_null=True,
)
def concat(first: Value, second: str | None = None) -> Value:
    """Join two texts, or the texts of a list. Null is the empty text."""
    values = first if type(first) is list else [first, second]
    texts = [value for value in values if type(value) is str]
    bounded_length(sum(map(len, texts)))
    return "".join(texts)


@function(
    "contain(text: string, part: string) -> boolean",
    examples=[("contain('rowing is great', 'great')", True)],
    on_null=OnNull.FALSE,
)
def contain(text: str, part: str) -> Value:
    """Say whether a text holds another."""
    return part in text


@function(
    "containIgnoreCase(text: string, part: string) -> boolean",
    examples=[("containIgnoreCase('rowing is great', 'GREAT')", True)],
    on_null=OnNull.FALSE,
)
def contain_ignore_case(text: str, part: str) -> Value:
    """Say whether a text holds another, in upper or lower case."""
    return part.lower() in text.lower()


@function(
    "startWith(text: string, prefix: string) -> boolean",
    examples=[("startWith('Hello World', 'Hello')", True)],
    on_null=OnNull.FALSE,
)
def start_with(text: str, prefix: str) -> Value:
    """Say whether a text starts with another."""
    return text.startswith(prefix)


@function(
    "startWithIgnoreCase(text: string, prefix: string) -> boolean",
    examples=[("startWithIgnoreCase('rowing is great', 'RO')", True)],
    on_null=OnNull.FALSE,
)
def start_with_ignore_case(text: str, prefix: str) -> Value:
    """Say whether a text starts with another, in upper or lower case."""
    return text.lower().startswith(prefix.lower())


@function(
    "endWith(text: string, suffix: string) -> boolean",
    examples=[("endWith('Hello World', 'World')", True)],
    on_null=OnNull.FALSE,
)
def end_with(text: str, suffix: str) -> Value:
    """Say whether a text ends with another."""
    return text.endswith(suffix)


@function(
    "endWithIgnoreCase(text: string, suffix: string) -> boolean",
    examples=[("endWithIgnoreCase('rowing is great', 'AT')", True)],
    on_null=OnNull.FALSE,
)
def end_with_ignore_case(text: str, suffix: str) -> Value:
    """Say whether a text ends with another, in upper or lower case."""
    return text.lower().endswith(suffix.lower())


def _folded(text: str | None) -> str | None:
    return None if text is None else text.lower()


@function(
    "equalIgnoreCase(a: string, b: string) -> boolean",
    examples=[("equalIgnoreCase('Paris', 'PARIS')", True), ("equalIgnoreCase(null, 'a')", False)],
    on_null=OnNull.CALL,
    never_null=True,
)
def equal_ignore_case(a: str | None, b: str | None) -> Value:
    """Say whether two texts are equal, in upper or lower case."""
    return _folded(a) == _folded(b)


@function(
    "notEqualIgnoreCase(a: string, b: string) -> boolean",
    examples=[("notEqualIgnoreCase('Paris', 'Rome')", True)],
    on_null=OnNull.CALL,
    never_null=True,
)
def not_equal_ignore_case(a: str | None, b: str | None) -> Value:
    """Say whether two texts differ by more than upper and lower case."""
    return _folded(a) != _folded(b)


@function(
    "indexOf(text: string, part: string) -> integer",
    examples=[("indexOf('Hello', 'l')", 2), ("indexOf('Hello', 'z')", -1)],
)
def index_of(text: str, part: str) -> Value:
    """Give where a text first holds another; -1 where it does not."""
    return text.find(part)


@function(
    "lastIndexOf(text: string, part: string) -> integer",
    examples=[("lastIndexOf('Hello', 'l')", 3), ("lastIndexOf('Hello', 'z')", -1)],
)
def last_index_of(text: str, part: str) -> Value:
    """Give where a text last holds another; -1 where it does not."""
    return text.rfind(part)


@function(
    "isEmpty(text: string) -> boolean",
    examples=[("isEmpty('')", True), ("isEmpty(null)", True), ("isEmpty(' ')", False)],
    on_null=OnNull.CALL,
    never_null=True,
)
def is_empty(text: str | None) -> Value:
    """Say whether a text has no character; null has none."""
    return not text


@function(
    "isNotEmpty(text: string) -> boolean",
    examples=[("isNotEmpty('a')", True), ("isNotEmpty(null)", False)],
    on_null=OnNull.CALL,
    never_null=True,
)
def is_not_empty(text: str | None) -> Value:
    """Say whether a text has characters."""
    return bool(text)


@function("length(text: string) -> integer", examples=[("length('Hello World')", 11)])
def length(text: str) -> Value:
    """Count the characters of a text."""
    return len(text)


@function("lower(text: string) -> string", examples=[("lower('A')", "a")])
def lower(text: str) -> Value:
    """Write a text in lower case."""
    return bounded_text(text.lower())


@function("upper(text: string) -> string", examples=[("upper('b')", "B")])
def upper(text: str) -> Value:
    """Write a text in upper case."""
    return bounded_text(text.upper())


@function("trim(text: string) -> string", examples=[("trim(' Hello ')", "Hello")])
def trim(text: str) -> Value:
    """Drop the white space around a text."""
    return text.strip()


@function(
    "substr(text: string, begin: integer, end?: integer) -> string",
    examples=[("substr('Hello World', 6)", "World"), ("substr('Hello World', 0, 5)", "Hello")],
)
def substr(text: str, begin: int, end: int | None = None) -> Value:
    """Give the part of a text from one position up to, but not, another, or up to its end."""
    return text[max(begin, 0) : len(text) if end is None else max(end, 0)]


@function(
    "uuid() -> string",
    examples=[("length(uuid())", 36)],
    reads_scope=True,
    never_null=True,
)
def uuid(scope: Scope) -> Value:
    """Draw a random unique id. The same visit of a step draws the same again."""
    return scope.uuid()
