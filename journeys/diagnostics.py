"""What is wrong in a definition, where, and what to do: collected, never stopped at the first.

An error keeps a project from being published; a warning does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from journeys.errors import JourneyError
from journeys.expressions.errors import Severity

_WIDEST = 200
"""Characters of a source line that are shown at most."""


class Code(StrEnum):
    """Stable names of all faults. A code is never given another meaning."""

    YAML = "JRN101"
    YAML_TOO_BIG = "JRN102"
    DUPLICATE_KEY = "JRN103"
    UNKNOWN_KIND = "JRN104"
    NO_DOCUMENT = "JRN105"
    FORM = "JRN201"
    UNKNOWN_FIELD = "JRN202"
    MISSING_FIELD = "JRN203"
    UNKNOWN_STEP_KIND = "JRN204"
    ENVIRONMENT = "JRN205"
    DUPLICATE_ID = "JRN301"
    UNKNOWN_EVENT = "JRN302"
    UNKNOWN_ACTION = "JRN303"
    UNKNOWN_STEP = "JRN304"
    UNKNOWN_SCHEMA = "JRN305"
    UNKNOWN_FILE = "JRN306"
    UNKNOWN_CHANNEL = "JRN307"
    SCHEMA_FORM = "JRN308"
    UNKNOWN_SOURCE = "JRN309"
    UNKNOWN_AUDIENCE = "JRN310"
    UNKNOWN_JOURNEY = "JRN311"
    UNKNOWN_DATASET = "JRN312"
    ONNX_FORM = "JRN313"
    UNKNOWN_AUTH = "JRN314"
    UNREACHABLE = "JRN401"
    LOOP_WITHOUT_WAIT = "JRN402"
    SEVERAL_WAITS = "JRN403"
    ELSE_NOT_LAST = "JRN404"
    UNKNOWN_ZONE = "JRN405"
    FIXED_HOST = "JRN406"
    ONE_OF = "JRN407"
    LOOP_WITHOUT_BOUND = "JRN408"
    SHARES = "JRN409"
    JUMP_TARGET = "JRN410"
    DATES = "JRN411"
    REACTION_STEP = "JRN412"
    WAIT_TOO_LONG = "JRN413"
    MOVES = "JRN414"
    NOT_RUN_YET = "JRN415"
    ARMS = "JRN416"
    LOOKUP = "JRN418"
    NO_ELSE = "JRN421"
    NEVER_TAKEN = "JRN422"
    NEVER_COMES = "JRN423"
    AFTER_TIMEOUT = "JRN424"
    SENT_TWICE = "JRN425"
    NO_ZONE = "JRN426"
    SAME_ENTRY = "JRN427"
    NEVER_CONVERTS = "JRN428"
    IDLE_RULE = "JRN429"
    EVENT_NEVER = "JRN451"
    SAME_EVENT = "JRN452"
    NO_CATEGORY = "JRN453"
    NO_ADDRESS = "JRN454"
    IDENTITY_FORM = "JRN455"
    OTHER_NAMESPACE = "JRN456"
    ATTRIBUTE_TYPES = "JRN459"
    POLICY_UNUSED = "JRN461"
    NO_QUIET_TIME = "JRN462"
    CAP_WINDOW = "JRN463"
    SAME_ENDPOINT = "JRN464"
    ENDPOINT_UNUSED = "JRN465"
    NO_UNSUBSCRIBE = "JRN471"
    HALF_TRANSLATED = "JRN472"
    EXPRESSION = "JRN501"
    EXPRESSION_TYPE = "JRN502"
    TEMPLATE = "JRN503"
    TEMPLATE_NAME = "JRN504"
    SECRET = "JRN505"  # noqa: S105  # the name of a fault, not a password
    SECRET_WRITTEN = "JRN506"  # noqa: S105  # likewise
    NOT_BEFORE = "JRN507"
    PAYLOAD = "JRN601"
    NOTHING_TO_ANSWER = "JRN602"
    UNKNOWN_ITEM = "JRN603"
    UNKNOWN_BRANCH = "JRN604"
    EXPECTATION = "JRN605"
    UNCOVERED = "JRN606"
    ROW = "JRN607"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file of the project; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1
    length: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


def place_of_span(file: str, text: str, span: tuple[int, int]) -> Place:
    """Give the place of a span of characters in the text of a file."""
    start, end = span
    line_start = text.rfind("\n", 0, start) + 1
    return Place(file, text.count("\n", 0, start) + 1, start - line_start + 1, max(1, end - start))


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault."""

    place: Place
    code: Code
    message: str
    hint: str | None = None
    severity: Severity = Severity.ERROR

    def render(self, files: Mapping[str, str]) -> str:
        """Write for a person: the place, the source line, a caret, and what to do."""
        head = f"{self.place}: {self.severity}[{self.code}]: {self.message}"
        lines = files.get(self.place.file, "").splitlines()
        if not 0 < self.place.line <= len(lines):
            return head if self.hint is None else f"{head}\n  = {self.hint}"
        source, column = _clipped(self._shown(lines[self.place.line - 1]), self.place.column)
        margin = " " * len(str(self.place.line))
        # Tabs keep their width only if the caret line repeats them.
        lead = "".join(c if c == "\t" else " " for c in source[: column - 1])
        room = max(1, min(self.place.length, len(source) - column + 1))
        caret = f"{margin} | {lead}{'^' * room}"
        tail = f" {self.hint}" if self.hint else ""
        return f"{head}\n{self.place.line} | {source}\n{caret}{tail}"

    def _shown(self, source: str) -> str:
        """Give the source line; a secret in it is not told any further."""
        if self.code is not Code.SECRET_WRITTEN:
            return source
        start = self.place.column - 1
        end = min(start + self.place.length, len(source))
        return f"{source[:start]}{'*' * (end - start)}{source[end:]}"


def _clipped(source: str, column: int) -> tuple[str, int]:
    """Give the part of a very long line that is around a column, and the column in it."""
    if len(source) <= _WIDEST:
        return source, column
    start = max(0, min(column - 1 - _WIDEST // 2, len(source) - _WIDEST))
    end = start + _WIDEST
    before, after = "…" * (start > 0), "…" * (end < len(source))
    return f"{before}{source[start:end]}{after}", column - start + len(before)


class DefinitionError(JourneyError):
    """A project that cannot be published; carries every fault found."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(f"{d.place}: {d.code}: {d.message}" for d in self.diagnostics))


def near(name: str, known: Iterable[str]) -> str:
    """Suggest what was meant by a name that is not known, or list what is."""
    names = sorted(known)
    meant = nearest(name, names)
    if meant is not None:
        return f"did you mean '{meant}'?"
    listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")  # noqa: PLR2004  # a line's worth
    return f"known: {listed}" if names else "none is defined"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Give the known name that was meant, if one is near; case does not count."""
    names = {each.lower(): each for each in known}
    close = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    return names[close[0]] if close else None
