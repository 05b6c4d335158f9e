"""The exception tree.

JourneyError                 everything this project raises on purpose
├── DefinitionError          an author's mistake; carries every diagnostic found
├── ExpressionError          a fault in one expression; carries its span
├── CodecError               bytes that are not what they should be
│   └── UnknownVersionError  a stored value written by a newer release
├── RecordError              one bad record; carries the reason a dead letter states
└── PortError                an outside service said no; says whether a retry may help
"""

from __future__ import annotations


class JourneyError(Exception):
    """Everything this project raises on purpose."""


class CodecError(JourneyError):
    """Bytes or text that do not hold the value they should."""


class UnknownVersionError(CodecError):
    """A stored value written by a release newer than this one."""

    def __init__(self, what: str, found: object, known: int) -> None:
        super().__init__(
            f"{what} has format version {found!r}, but this release reads versions up to {known}: "
            f"run the release that wrote it, or a newer one"
        )


class PortError(JourneyError):
    """An outside service failed or refused one attempt.

    `code` is what an expression sees as `jo_status_code` (`http_503`, `smtp_451`, `timedout`,
    `internalError`, …). `retryable` says whether the same attempt may succeed later, and
    `retry_after_ms` how long the service asked to be left alone, if it did.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str,
        retryable: bool,
        retry_after_ms: int | None = None,
        response: object = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable
        self.retry_after_ms = retry_after_ms
        self.response = response
