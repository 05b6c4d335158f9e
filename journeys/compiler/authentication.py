"""Blocks `auth`: that they name what there is, say one thing, and hold no secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias, TypeVar

from journeys.authentication import WAYS, AuthSpec, TokenSpec
from journeys.channels.secret_reference import SECRET_NAME, SECRET_REFERENCE, secret_names
from journeys.channels.webhook import WebhookCall
from journeys.compiler.forms import Defined, Definitions
from journeys.compiler.vocabulary import Vocabulary
from journeys.diagnostics import Code
from journeys.document import Document
from journeys.errors import CodecError
from journeys.specification import NamedSpec, Path

S = TypeVar("S", bound=NamedSpec)
_Fault: TypeAlias = tuple[Path, Code, str, str]


def with_auth(vocabulary: Vocabulary, spec: S) -> S:
    """Give an action or source with the block that it names in its place."""
    named = getattr(spec, "auth", None)
    if not isinstance(named, str):
        return spec
    return spec.model_copy(update={"auth": vocabulary.auths.get(named)})


def check_auths(definitions: Definitions, vocabulary: Vocabulary) -> None:
    """Report what is wrong with how calls say who calls."""
    for defined in definitions.found["auth"]:
        _check(vocabulary, defined.document, (), defined.spec)
    for kind in ("action", "source"):
        for defined in definitions.found[kind]:
            _check_use(vocabulary, defined)


def _check_use(vocabulary: Vocabulary, defined: Defined[Any]) -> None:
    spec, document = defined.spec, defined.document
    auth = getattr(spec, "auth", None)
    at: Path = ("auth",)
    if isinstance(auth, str):
        vocabulary.check_known(document, at, "auth", auth)
        auth = vocabulary.auths.get(auth)
    elif auth is not None:
        _check(vocabulary, document, at, auth)
    written = {name.lower(): name for name in spec.headers} if auth else {}
    for _, name in auth.headers() if auth else ():
        if name.lower() in written:
            path: Path = ("headers", written[name.lower()])
            message = f"`auth` writes the header '{name}' too"
            place = document.place(path, key=True)
            vocabulary.project.report(place, Code.ONE_OF, message, "keep one of them")


def _check(vocabulary: Vocabulary, document: Document, at: Path, auth: AuthSpec) -> None:
    for path, code, message, hint in _faults(auth):
        vocabulary.project.report(document.place((*at, *path)), code, message, hint)
    for path, text in auth.secrets():
        for span, code, message, hint in _secret_faults(path, text):
            place = document.place_in((*at, *path), *span)
            vocabulary.project.report(place, code, message, hint)


def _faults(auth: AuthSpec) -> Iterator[_Fault]:
    given = [name for name in WAYS if getattr(auth, name) is not None]
    if len(given) > 1:
        message = f"`{given[0]}` and `{given[1]}` exclude each other"
        yield (given[1],), Code.ONE_OF, message, "keep one of them"
    elif not given and auth.certificate is None:
        hint = f"give one of: {', '.join((*WAYS, 'certificate'))}"
        yield (), Code.ONE_OF, "nothing says who calls", hint
    for path, name in auth.headers():
        try:
            WebhookCall("GET", "https://host/", {name: ""})
        except CodecError as error:
            message, _, hint = str(error).partition(": ")
            yield path, Code.FORM, message.removeprefix("webhook.headers."), hint
    if auth.token is not None:
        yield from _token_faults(("token",), auth.token)


def _secret_faults(path: Path, text: str) -> Iterator[tuple[tuple[int, int], Code, str, str]]:
    if not secret_names(text):
        message = "a secret stands in the file, for everyone to see who reads it"
        hint = f"write ${{secret:{str(path[-1]).upper()}}}, and change the secret: it is known now"
        yield (0, len(text)), Code.SECRET_WRITTEN, message, hint
    for found in SECRET_REFERENCE.finditer(text):
        if not SECRET_NAME.fullmatch(found[1]):
            message = f"'{found[1]}' cannot name a secret"
            hint = "begin with a letter; then letters, digits and `_`"
            yield found.span(), Code.SECRET, message, hint


def _token_faults(at: Path, token: TokenSpec) -> Iterator[_Fault]:
    if token.form is not None and token.json_body is not None:
        message = "`form` and `json` exclude each other"
        yield (*at, "json"), Code.ONE_OF, message, "keep one of them"
    if token.json_body is not None and token.method == "GET":
        yield (*at, "json"), Code.ONE_OF, "a GET carries no JSON", "write `form`, or `method: POST`"
    try:
        WebhookCall(token.method, token.url, dict.fromkeys(token.headers, ""))
    except CodecError as error:
        message, _, hint = str(error).partition(": ")
        name = "headers" if message.startswith("webhook.headers") else "url"
        yield (*at, name), Code.FORM, message.removeprefix("webhook."), hint
