"""Write the generated parts of the pages, their pictures and the schemas for editors.

    python -m docs.generate [--check]

It is run as a module, at the root: then the code of this very checkout is described.

A page holds such a part between `<!-- generated: NAME ARGUMENT -->` and `<!-- end -->`; all else is
written by hand. With `--check` nothing is written, and files that are out of date are named.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel
from typer.testing import CliRunner

from connectors.channels.settings import (
    ChannelSettings,
    EmailSettings,
    PushSettings,
    SmsSettings,
    WebhookSettings,
    WebPushSettings,
)
from connectors.feedback.mailgun import MailgunSettings
from connectors.feedback.sendgrid import SendGridSettings
from connectors.feedback.settings import FeedbackSettings
from connectors.feedback.tracking import TrackingSettings
from connectors.feedback.twilio import TwilioSettings
from connectors.feedback.webhooks import WebhooksSettings
from connectors.kafka.bootstrap import SaslSettings
from connectors.kafka.topics import CATALOGUE, Topics
from docs.benchmarks import benchmark, plots
from docs.bounds import author_limits, bounds, expression_bounds
from docs.capabilities import capabilities
from docs.privileges import role_privileges
from docs.recipes import recipes
from docs.tables import table
from jobs import editor_schemas, step_event_schemas
from jobs.cli.app import VERBS, app, summary
from jobs.docstrings import docstrings
from jobs.settings import (
    AlertSettings,
    KafkaSettings,
    LoginSettings,
    ProfileSettings,
    ReportingSettings,
    RolesSettings,
    RunSettings,
    Settings,
    TlsSettings,
)
from jobs.step_event_schemas import described_fields
from journeys.actions import ACTIONS
from journeys.actions.email import EmailTexts
from journeys.actions.push import PushTexts
from journeys.actions.sms import SmsTexts
from journeys.activities import STEP_SPECS
from journeys.activities.action import ActionAlternativesSpec
from journeys.activities.cap import CapAlternativesSpec
from journeys.activities.choose import CandidateSpec
from journeys.activities.condition import ElseSpec, RuleSpec
from journeys.activities.emit import EventToEmitSpec
from journeys.activities.experiment import ArmSpec, ExperimentBodySpec, HoldoutSpec, MetricSpec
from journeys.activities.first_of import (
    AudienceBranchSpec,
    EventBranchSpec,
    ReactionBranchSpec,
    ReactionSpec,
    WaitBranchSpec,
)
from journeys.activities.lookup import LookupAlternativesSpec
from journeys.activities.split import ShareSpec
from journeys.advice import advice
from journeys.alerts import Alert, AlertKind
from journeys.authentication import (
    ApiKeySpec,
    AssertionSpec,
    AuthSpec,
    BasicSpec,
    CertificateSpec,
    ExpirySpec,
    PlacementSpec,
    TokenSpec,
)
from journeys.clock import format_duration, format_instant
from journeys.compiler import compile_project
from journeys.deadline import AtSpec, SendTimeSpec, UntilSpec
from journeys.diagnostics import Code, Diagnostic
from journeys.expressions.explaining import Explained
from journeys.expressions.functions import FUNCTIONS
from journeys.faults import FAMILIES, fault_page
from journeys.graph import svg
from journeys.inquiry import LiveState, Rule, WalkState
from journeys.kinds import KINDS
from journeys.kinds.endpoint import BreakerSpec, RateSpec
from journeys.kinds.journey import (
    BusinessSpec,
    EntrySpec,
    ExitSpec,
    InFlightSpec,
    ReadSpec,
    ReentrySpec,
    WavesSpec,
)
from journeys.kinds.policy import FrequencySpec, QuietHoursSpec
from journeys.kinds.scenario import DO, EXPECT, FeedbackSpec, OfferSpec, ResponseSpec
from journeys.outcomes import DeadLetterReason, Outcome, Silence
from journeys.plans import Plans
from journeys.project import Project, read_project
from journeys.records import DeadLetter, Record
from journeys.rehearsal.coverage import coverage, uncovered_faults
from journeys.rehearsal.difference import fault_of
from journeys.rehearsal.outcome import Rehearsal, Tested
from journeys.rehearsal.verdict import judge
from journeys.specification import AlternativesSpec, BorderSpec, CrossingSpec

ROOT = Path(__file__).resolve().parents[1]
_SHOWN: tuple[type[BaseModel], ...] = (
    *(form for kind, form in KINDS.items() if kind != "action"),
    AuthSpec,
    BasicSpec,
    ApiKeySpec,
    TokenSpec,
    ExpirySpec,
    PlacementSpec,
    AssertionSpec,
    CertificateSpec,
    EntrySpec,
    ReentrySpec,
    ReadSpec,
    InFlightSpec,
    WavesSpec,
    BusinessSpec,
    BorderSpec,
    CrossingSpec,
    ExitSpec,
    FrequencySpec,
    QuietHoursSpec,
    AlternativesSpec,
    LookupAlternativesSpec,
    ActionAlternativesSpec,
    CapAlternativesSpec,
    UntilSpec,
    AtSpec,
    SendTimeSpec,
    RuleSpec,
    ElseSpec,
    CandidateSpec,
    EventBranchSpec,
    ReactionBranchSpec,
    ReactionSpec,
    AudienceBranchSpec,
    WaitBranchSpec,
    ShareSpec,
    ExperimentBodySpec,
    ArmSpec,
    HoldoutSpec,
    MetricSpec,
    RateSpec,
    BreakerSpec,
    EventToEmitSpec,
    FeedbackSpec,
    OfferSpec,
    ResponseSpec,
    *DO.values(),
    *EXPECT.values(),
    *ACTIONS.values(),
    EmailTexts,
    SmsTexts,
    PushTexts,
    *STEP_SPECS.values(),
    Settings,
    ProfileSettings,
    KafkaSettings,
    TlsSettings,
    SaslSettings,
    RolesSettings,
    LoginSettings,
    Topics,
    ChannelSettings,
    EmailSettings,
    SmsSettings,
    PushSettings,
    WebPushSettings,
    WebhookSettings,
    TrackingSettings,
    FeedbackSettings,
    WebhooksSettings,
    TwilioSettings,
    SendGridSettings,
    MailgunSettings,
    ReportingSettings,
    RunSettings,
    AlertSettings,
)
MODELS: Mapping[str, type[BaseModel]] = {model.__name__: model for model in _SHOWN}
"""Everything a person may write in a file, by the name that a page asks for it with."""
WORDS: Mapping[str, str] = orjson.loads((ROOT / "docs" / "words.json").read_bytes())
"""`Record.field` to what it means, for records whose fields have no docstring."""
EXAMPLE = "example.yaml"
PICTURE = ROOT / "docs" / "pictures" / "welcome.svg"
_PART = re.compile(
    r"(?P<open><!-- generated: (?P<name>[\w-]+)(?: (?P<argument>[^>]+?))? -->\n).*?"
    r"(?P<close><!-- end -->)",
    re.DOTALL,
)
_NAMED = {"JsonValue": "anything", "Outcome": "word", "Reason": "word"}
"""Forms that a schema refers to by name, and that are no mapping."""
_WRITTEN = {"duration": format_duration, "instant": format_instant}
_BOUNDS = (
    ("minimum", "minItems", "minProperties"),
    ("maximum", "maxItems", "maxProperties"),
)
_JSON_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "mapping",
}


# Tables of fields.


def _meaning(owner: str, name: str, said: Mapping[str, str]) -> str:
    """Give the docstring of a field of a record, or else the words for it."""
    return said.get(name) or WORDS[f"{owner}.{name}"]


def model_fields(argument: str) -> str:
    """Describe the fields of a model."""
    model = MODELS[argument]
    said = docstrings(model)
    schema = model.model_json_schema()
    rows = []
    for name, field in model.model_fields.items():
        form = schema["properties"][field.alias or name]
        words = _form(form)
        default = "required"
        if not field.is_required():
            value = field.get_default(call_default_factory=True)
            default = _default(value, words)
        rows.append([f"`{field.alias or name}`", words, default, said[name]])
    return table(["Field", "Form", "Default", "Meaning"], rows)


def _default(value: object, form: str) -> str:
    if value is None:
        return ""
    if form in _WRITTEN and isinstance(value, int):
        return f"`{_WRITTEN[form](value)}`"
    if isinstance(value, BaseModel):
        return "see below"
    if value in ({}, [], (), ""):
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _form(schema: Mapping[str, Any]) -> str:
    choices = schema.get("enum") or ([schema["const"]] if "const" in schema else None)
    if choices:
        return " or ".join(
            f"`{orjson.dumps(choice).decode()}`".replace('"', "") for choice in choices
        )
    forms = schema.get("anyOf") or schema.get("oneOf")
    if forms:
        known = dict.fromkeys(_form(s) for s in forms if s.get("type") != "null")
        return " or ".join(known)
    if schema.get("format") not in (None, "path"):
        return str(schema["format"])
    if "$ref" in schema:
        return _NAMED.get(schema["$ref"].rpartition("/")[2], "mapping")
    word = _JSON_WORDS[schema["type"]]
    low, high = (next((schema[key] for key in keys if key in schema), None) for keys in _BOUNDS)
    if low is not None and high is not None:
        return f"{word}, {low} to {high}"
    if high is not None:
        return f"{word}, at most {high}"
    return word if low is None else f"{word} from {low}"


# Records.


def step_event_fields(_: str) -> str:
    """Describe the record on the step-events topic."""
    rows = [[f"`{field.name}`", field.meaning] for field in described_fields()]
    return table(["Field", "Meaning"], rows)


def dead_letter_fields(_: str) -> str:
    """Describe the record on the dead-letters topic."""
    record = Record("events", 0, 0, 0, "p", b"x", 1)
    letter = orjson.loads(DeadLetter(record, DeadLetterReason.NOT_JSON, "").to_text())
    rows = [[f"`{name}`", _meaning("DeadLetter", name, {})] for name in letter]
    return table(["Field", "Meaning"], rows)


def alert_fields(_: str) -> str:
    """Describe the record on the alerts topic."""
    said = docstrings(Alert)
    rows = [[f"`{f.name}`", _meaning("Alert", f.name, said)] for f in fields(Alert)]
    rows.append(["`schema_version`", _meaning("Alert", "schema_version", {})])
    return table(["Field", "Meaning"], rows)


def alert_kinds(_: str) -> str:
    """Describe every alert."""
    said = docstrings(AlertKind)
    return table(["Alert", "Meaning"], [[f"`{kind}`", said[kind.name]] for kind in AlertKind])


def answer_fields(argument: str) -> str:
    """Describe a part of the record on the answers topic, as its field reads in JSON."""
    described = {kind.__name__: kind for kind in (LiveState, WalkState, Rule, Explained)}[argument]
    said = docstrings(described)
    names = [field.name for field in fields(described)]
    rows = [[f"`{name}`", _meaning(argument, name, said)] for name in names]
    return table(["Field", "Meaning"], rows)


def silences(_: str) -> str:
    """Describe every reason why nothing is told of a person, and what to do."""
    said = docstrings(Silence)
    rows = [[f"`{one.value}`", said[one.name], advice(one) or ""] for one in Silence]
    return table(["Word", "Meaning", "What to do"], rows)


def topics(_: str) -> str:
    """Describe every topic."""
    rows = []
    for topic in CATALOGUE:
        way, _colon, purpose = topic.purpose.partition(": ")
        partitions = "1" if topic.single_partition else f"{Topics().partitions}"
        rows.append([f"`{topic.name}`", way, purpose, partitions, "yes" if topic.compacted else ""])
    return table(["Topic", "Way", "What", "Partitions", "Compacted"], rows)


def outcomes(_: str) -> str:
    """Describe every outcome."""
    said = docstrings(Outcome)
    return table(["Outcome", "Meaning"], [[f"`{o.value}`", said[o.name]] for o in Outcome])


# The language and the command line.


def verbs(_: str) -> str:
    """Describe the verbs of the command line by the first line of their help."""
    rows = [[f"`journeys {verb}`", summary(verb)] for verb in VERBS]
    return table(["Verb", "What it does"], rows)


def functions(_: str) -> str:
    """Describe every function of the expression language, by family."""
    families: dict[str, list[str]] = {}
    for function in FUNCTIONS.values():
        lines = [
            f"### {function.name}",
            "",
            function.description,
            "",
            "```text",
            *(signature.text for signature in function.signatures),
            "```",
            "",
            *(f"- `{text}` gives `{_json(value)}`" for text, value in function.examples),
        ]
        families.setdefault(function.family, []).append("\n".join(lines))
    titles = {name: name.replace("_", " ").capitalize() for name in families}
    return "\n\n".join(f"## {titles[name]}\n\n" + "\n\n".join(families[name]) for name in families)


def _json(value: object) -> str:
    return orjson.dumps(value, default=str).decode()


# Faults.


def faults(_: str) -> str:
    """Describe every fault by its page, and show what the compiler says of the page's example."""
    parts = []
    for family, title in FAMILIES.items():
        entries = [_fault(code) for code in Code if code.startswith(family)]
        parts += [f"## {title}", *entries] if entries else []
    return "\n\n".join(parts)


def _fault(code: Code) -> str:
    page = fault_page(code)
    files = example_files(page.example, alone=page.is_alone)
    if page.schema is not None:
        files["example.json"] = page.schema
    found = [d for d in [*faults_of(files), *tested_faults(files)] if d.code == code]
    if not found:
        message = f"the example of {code} does not bring this fault"
        raise ValueError(message)
    schema = [] if page.schema is None else [f"`example.json`:\n\n```json\n{page.schema}```"]
    example = f"```yaml\n{page.example}```"
    said = f"```text\n{found[0].render(files)}\n```"
    title = f"### {code}\n\n**{page.title}.**"
    return "\n\n".join((title, page.meaning, *schema, example, said, page.remedy))


BINARIES = {
    file.relative_to(ROOT / "examples" / "welcome").as_posix(): file.read_bytes()
    for file in (ROOT / "examples" / "welcome").rglob("*.onnx")
}
"""The files of the welcome example that are no text."""


def example_files(text: str, *, alone: bool = False) -> dict[str, str]:
    """Put an example beside the definitions of the welcome journey, unless it stands alone."""
    welcome = ROOT / "examples" / "welcome"
    names = [] if alone else [p for p in sorted(welcome.rglob("*")) if p.is_file()]
    files = {
        path.relative_to(welcome).as_posix(): path.read_text(encoding="utf-8")
        for path in names
        if path.suffix in (".yaml", ".json", ".html", ".txt") and path.name != "journeys.yaml"
    }
    return files | {EXAMPLE: text}


def faults_of(files: Mapping[str, str]) -> list[Diagnostic]:
    """Give all faults of a project."""
    project: Project = read_project(files, {}, BINARIES)
    schema = "schemas/profile.json"
    return list(compile_project(project, schema if schema in files else None).diagnostics)


def tested_faults(files: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Give what running the scenarios of the example finds, and the branches that none takes."""
    project = read_project(files, {}, BINARIES)
    compilation = compile_project(project)
    plans = Plans(compilation.plans.values())
    for scenario in compilation.scenarios:
        if scenario.document is None or scenario.document.file != EXAMPLE:
            continue
        verdict = judge(scenario, plans, compilation.responses)
        fault = fault_of(verdict)
        plan = compilation.plans[scenario.journey]
        yield from [fault] if fault else []
        found = coverage(plan, [verdict.trace])
        yield from uncovered_faults(found, project.find("journey", scenario.journey))


def command(argument: str) -> str:
    """Show what a verb writes to standard output."""
    written = CliRunner().invoke(app, shlex.split(argument)).stdout
    return f"```text\n$ journeys {argument}\n{written}```"


def changed_scenario(argument: str) -> str:
    """Run one scenario of the welcome journey with a word in it changed: id, word, other word."""
    name, word, other = argument.split()
    files = example_files("")
    files["scenarios.yaml"] = files["scenarios.yaml"].replace(word, other, 1)
    project = read_project(files, {}, BINARIES)
    compilation = compile_project(project, "schemas/profile.json")
    plans = Plans(compilation.plans.values())
    (scenario,) = (each for each in compilation.scenarios if each.id == name)
    tested = Tested(judge(scenario, plans, compilation.responses), 0)
    return "\n".join(["```text", *Rehearsal(project, [tested]).lines(), "```"])


PARTS: Mapping[str, Callable[[str], str]] = {
    "fields": model_fields,
    "step-event": step_event_fields,
    "dead-letter": dead_letter_fields,
    "alert": alert_fields,
    "alerts": alert_kinds,
    "answer": answer_fields,
    "silences": silences,
    "topics": topics,
    "outcomes": outcomes,
    "bounds": bounds,
    "expression-bounds": expression_bounds,
    "limits": author_limits,
    "capabilities": capabilities,
    "recipes": recipes,
    "privileges": role_privileges,
    "benchmark": benchmark,
    "verbs": verbs,
    "functions": functions,
    "faults": faults,
    "command": command,
    "changed-scenario": changed_scenario,
}
"""What a page may ask for: called with the argument."""


def generated(page: str) -> str:
    """Give a page with all its generated parts written anew."""

    def written(match: re.Match[str]) -> str:
        part = PARTS[match["name"]](match["argument"] or "")
        return f"{match['open']}\n{part}\n\n{match['close']}"

    return _PART.sub(written, page)


def picture() -> str:
    """Draw the journey of the welcome example."""
    compilation = compile_project(read_project(example_files(""), {}, BINARIES))
    return svg(compilation.plans["welcome"]) + "\n"


def pages() -> list[Path]:
    """List every page."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def fresh_texts() -> dict[Path, str]:
    """Give every generated file as it should be."""
    texts = {page: generated(page.read_text(encoding="utf-8")) for page in pages()}
    schemas = {**editor_schemas.schema_texts(), **step_event_schemas.schema_texts()}
    written = {ROOT / "docs" / "schemas" / name: text for name, text in schemas.items()}
    return texts | written | plots() | {PICTURE: picture()}


def main() -> None:
    """Write or check all generated files."""
    check = sys.argv[1:] == ["--check"]
    stale = []
    for file, fresh in fresh_texts().items():
        if file.is_file() and file.read_text(encoding="utf-8") == fresh:
            continue
        stale.append(file.relative_to(ROOT).as_posix())
        if not check:
            file.parent.mkdir(exist_ok=True)
            file.write_text(fresh, encoding="utf-8")
    for name in stale:
        sys.stderr.write(f"{name} {'is out of date: run `make docs`' if check else 'written'}\n")
    sys.exit(1 if check and stale else 0)


if __name__ == "__main__":
    main()
