"""Models: formulas, and ONNX files held against what the project says of them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence

from journeys.compiler.forms import Defined
from journeys.compiler.rules import histories
from journeys.compiler.vocabulary import Names, Vocabulary
from journeys.definitions import ModelDefinition
from journeys.diagnostics import Code, near
from journeys.expressions.catalog import ReadKind
from journeys.expressions.types import NUMBERS, Kind, Type
from journeys.kinds.model import ModelSpec
from journeys.onnx_file import Holds, OnnxError, OnnxFile, Port, read_onnx
from journeys.specification import Path

_HIDDEN = {ReadKind.AUDIENCE, ReadKind.DECISION, ReadKind.PROPERTY}
"""What a score cannot read: it belongs to a person, not to a walk."""
_ANY = (Kind.ANY, Kind.NULL)
_FIT: Mapping[Holds, tuple[tuple[Kind, ...], str]] = {
    "number": ((*NUMBERS, Kind.BOOLEAN, *_ANY), "use toDecimal(…)"),
    "truth value": ((Kind.BOOLEAN, *_ANY), "compare it with something"),
    "text": ((Kind.STRING, *_ANY), "use toString(…)"),
    "chances": ((), "only an output is so"),
}
"""What a port takes, and what to do about anything else."""


def add_model(vocabulary: Vocabulary, defined: Defined[ModelSpec]) -> None:
    """Check a model, and let it be known if it can be used."""
    _Model(vocabulary, defined).add()


class _Model:
    def __init__(self, vocabulary: Vocabulary, defined: Defined[ModelSpec]) -> None:
        self.vocabulary = vocabulary
        self.spec = defined.spec
        self.document = defined.document
        self.names = Names(set(), hidden=set(_HIDDEN))
        self.faults = 0

    def add(self) -> None:
        """Check the model, and note it."""
        spec = self.spec
        if spec.formula is not None:
            found = self._checked(("formula",), spec.formula)
            if found is not None and found.kind not in (*NUMBERS, *_ANY):
                message = f"a score is a number, but this is of type {found}"
                self._mistyped(("formula",), message, "use toDecimal(…)")
            self._check_formula_alone()
            self._note(formula=spec.formula)
        elif spec.onnx is not None:
            self._add_onnx(spec.onnx)

    def _check_formula_alone(self) -> None:
        for name in ("inputs", "output", "class"):
            if name in self.spec.model_dump(by_alias=True, exclude_defaults=True):
                message = f"`{name}` says how to use an ONNX file, and this is a formula"
                place = self.document.place((name,), key=True)
                self.vocabulary.project.report(place, Code.ONE_OF, message, "leave it out")

    def _add_onnx(self, name: str) -> None:
        content = self.vocabulary.project.binaries.get(name)
        fed = {n: [f] if isinstance(f, str) else list(f) for n, f in self.spec.inputs.items()}
        types = {name: self._types(name, texts) for name, texts in fed.items()}
        if content is None:
            return  # which is told elsewhere
        try:
            file = read_onnx(content)
        except OnnxError as error:
            hint = "export it again, by itself in one file"
            self._report(("onnx",), f"'{name}' cannot be used: {error}", hint)
            return
        self._check_inputs(file, types)
        output = self._output(file)
        if not self.faults and output is not None:
            self._note(
                onnx=b64encode(content).decode(),
                inputs=fed,
                output=output.name,
                class_name=self.spec.class_name,
                missing=self.spec.missing,
            )

    def _note(self, **fields: object) -> None:
        names = self.names
        asked = histories(names.reads)
        known = self.vocabulary.events
        self.vocabulary.models[self.spec.id] = ModelDefinition(
            self.spec.id,
            self.spec.version,
            conversions=names.conversions,
            histories=asked,
            events={r.event: known[r.event] for r in asked if r.event in known},
            **fields,  # type: ignore[arg-type]  # named fields of ModelDefinition
        )

    # Inputs.

    def _types(self, name: str, texts: Sequence[str]) -> list[Type | None]:
        return [self._checked(path, t) for path, t in zip(self._places(name), texts, strict=True)]

    def _places(self, name: str) -> list[Path]:
        given = self.spec.inputs[name]
        whole = ("inputs", name)
        return [whole] if isinstance(given, str) else [(*whole, n) for n in range(len(given))]

    def _check_inputs(self, file: OnnxFile, types: Mapping[str, list[Type | None]]) -> None:
        for name in sorted(file.inputs.keys() - types.keys()):
            message = f"nothing feeds the input '{name}' of the file"
            self._report(("onnx",), message, f"write `{name}` under `inputs`")
        for name, found in types.items():
            port = file.inputs.get(name)
            if port is None:
                message = f"the file has no input '{name}'"
                self._report(("inputs", name), message, near(name, file.inputs))
            else:
                self._check_input(port, found)

    def _check_input(self, port: Port, types: Sequence[Type | None]) -> None:
        if port.width not in (None, len(types)):
            message = (
                f"the input '{port.name}' takes {port.width} values, and {len(types)} are given"
            )
            self._report(("inputs", port.name), message, "list one expression for each, in order")
        fit, hint = _FIT[port.holds]
        for path, found in zip(self._places(port.name), types, strict=True):
            if found is not None and found.kind not in fit:
                message = (
                    f"the input '{port.name}' takes a {port.holds}, but this is of type {found}"
                )
                self._mistyped(path, message, hint)

    # The output.

    def _output(self, file: OnnxFile) -> Port | None:
        name, names = self.spec.output, list(file.outputs)
        if name is None and len(names) != 1:
            message = f"the file has several outputs: {', '.join(names)}"
            self._report(("onnx",), message, "say which is the score by `output`")
            return None
        port = file.outputs.get(names[0] if name is None else name)
        if port is None:
            message = f"the file has no output '{name}'"
            self._report(("output",), message, near(str(name), names))
        elif port.holds == "text":
            message = f"a score is a number, but the output '{port.name}' is a text"
            self._report(
                ("output",) if name else ("onnx",),
                message,
                near("", [n for n in names if n != port.name]),
            )
        else:
            self._check_class(port)
        return port

    def _check_class(self, port: Port) -> None:
        chosen = self.spec.class_name
        if chosen is None or port.holds == "chances":
            return  # names of classes stand nowhere in the file that could be read for sure
        width = port.width
        if isinstance(chosen, str) or not 0 <= chosen < (chosen + 1 if width is None else width):
            message = f"the output '{port.name}' has no class {chosen!r}"
            told = "" if width is None else f", up to {width - 1}"
            self._report(("class",), message, f"name it by its position from 0{told}")

    # Faults.

    def _checked(self, path: Path, text: str) -> Type | None:
        return self.vocabulary.check_expression(self.document, path, text, self.names)

    def _mistyped(self, path: Path, message: str, hint: str) -> None:
        self._report(path, message, hint, Code.EXPRESSION_TYPE)

    def _report(self, path: Path, message: str, hint: str, code: Code = Code.ONNX_FORM) -> None:
        self.faults += 1
        self.vocabulary.project.report(self.document.place(path), code, message, hint)
