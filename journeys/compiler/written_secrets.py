"""Secrets that stand in a file: whoever reads the project could use them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from journeys.compiler.forms import Definitions
from journeys.compiler.vocabulary import Vocabulary
from journeys.diagnostics import Code
from journeys.document import Document
from journeys.messages import JsonValue
from journeys.specification import Path

_SHAPES = re.compile(
    r"""\b(?:
        (?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}      # Stripe
      | (?:AKIA|ASIA)[A-Z0-9]{16}\b                   # AWS
      | gh[opsu]_[A-Za-z0-9]{30,} | github_pat_\w{30,}
      | glpat-[\w-]{20,}
      | xox[abprs]-[A-Za-z0-9-]{10,}                  # Slack
      | AIza[\w-]{35}                                 # Google
      | SG\.[\w-]{16,}\.[\w-]{16,}                    # SendGrid
      | eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+            # a JSON Web Token
    )
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----
    """,
    re.VERBOSE,
)
"""How well-known services write their keys."""
_IN_URL = re.compile(r"\w://[^/\s:@{}]+:(?P<password>[^/\s@{}$]+)@")
_SCHEME = re.compile(r"(?:Bearer|Basic|Token|ApiKey)\s+(?P<value>\S+)", re.IGNORECASE)
_KEY = re.compile(
    r"(?:password|passwd|pwd|secret|token|api_?key|access_?key|private_?key|authorization)$",
    re.IGNORECASE,
)
_SUSPECT = (
    *("password", "passwd", "pwd", "secret", "token", "authorization"),
    *("key", "sk_", "rk_", "akia", "asia", "gh", "glpat-", "xox", "aiza", "sg.", "eyj"),
)
"""What a file with a secret has somewhere, in small letters; a URL can hold one besides."""
_HOLES = ("{", "}", "$", "<", ">", "*", "…", "...")
_NO_NAMES = ("AUTHORIZATION", "URL")
"""Fields that say nothing of the secret in them."""
_SHORT, _LONG = 6, 20
"""A word of letters is a placeholder up to some length; with digits it is a secret from another."""


def check_secrets(definitions: Definitions, vocabulary: Vocabulary) -> None:
    """Report every value that is a secret itself, and not a reference to one."""
    del definitions
    project = vocabulary.project
    suspect = {name for name, text in project.files.items() if _is_suspect(text)}
    settings = [project.settings] if project.settings else []
    for document in (*settings, *project.documents):
        if document.file not in suspect:
            continue
        for path, start, end in _secrets(document):
            message = "a secret stands in the file, for everyone to see who reads it"
            hint = f"write ${{secret:{_name(path)}}}, and change the secret: it is known now"
            place = document.place_in(path, start, end)
            project.report(place, Code.SECRET_WRITTEN, message, hint)


def _is_suspect(text: str) -> bool:
    """Say quickly whether a file is worth a look."""
    small = text.lower()
    return any(mark in small for mark in _SUSPECT) or _IN_URL.search(text) is not None


def _secrets(document: Document) -> Iterator[tuple[Path, int, int]]:
    """Give where secrets stand: the path of the value, and from where to where in its text."""
    for path, value in _scalars(document.value, ()):
        mark = document.marks.get(path)
        if mark is None or mark.source is None:  # the environment gave it
            continue
        span = _span(path, str(value))
        if span is not None:
            yield path, *span


def _scalars(value: JsonValue, path: Path) -> Iterator[tuple[Path, str | int]]:
    match value:
        case dict():
            for name, item in value.items():
                yield from _scalars(item, (*path, name))
        case list():
            for n, item in enumerate(value):
                yield from _scalars(item, (*path, n))
        case str() | int() if not isinstance(value, bool):
            yield path, value


def _span(path: Path, text: str) -> tuple[int, int] | None:
    shape = _SHAPES.search(text)
    if shape is not None:
        return shape.span()
    in_url = _IN_URL.search(text)
    if in_url is not None:
        return in_url.span("password")
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    if not _KEY.search(name.replace("-", "_")):
        return None
    scheme = _SCHEME.fullmatch(text.strip())
    value = scheme["value"] if scheme else text.strip()
    start = text.find(value)
    return (start, start + len(value)) if _is_literal(value) else None


def _is_literal(value: str) -> bool:
    """Say whether a text looks like a secret, and not like a word, a hole or a placeholder."""
    if any(mark in value for mark in _HOLES) or any(c.isspace() for c in value):
        return False
    if len(set(value.lower())) <= 2:  # noqa: PLR2004  # such as xxxxxxxx
        return False
    has_digit = any(character.isdigit() for character in value)
    return len(value) >= (_SHORT if has_digit else _LONG)


def _name(path: Path) -> str:
    """Make a name for a secret from the field that it stands in."""
    names = [part for part in path if isinstance(part, str)]
    name = re.sub(r"\W+", "_", names[-1] if names else "").strip("_").upper()
    return name if name and name[0].isalpha() and name not in _NO_NAMES else "API_TOKEN"
