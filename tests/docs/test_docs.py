from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.analysis.recipes import recipes
from connectors.kafka.topics import CATALOGUE
from docs import generate
from docs.examples import example_files, faults_of
from jobs import editor_schemas, step_event_schemas
from jobs.cli.app import VERBS
from jobs.settings import Settings
from journeys.actions import ACTIONS
from journeys.activities import STEP_SPECS
from journeys.compiler import compile_project
from journeys.compiler.forms import read_spec
from journeys.diagnostics import Code
from journeys.document import read_documents
from journeys.expressions.functions import FUNCTIONS
from journeys.kinds import KINDS
from journeys.outcomes import DeadLetterReason, Outcome, Reason, ScoreNote, Silence
from journeys.project import SETTINGS, read_project
from tests.harness.judges import editor_accepts, schema

ROOT = generate.ROOT
REFERENCE = ROOT / "docs" / "reference"
PAGES = generate.pages()
YAML = re.compile(r"^```yaml\n(.*?)^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"""(?:\[[^\]]*\]\(|<img src=")([^)\s"]+)[)"]""")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
STEPS_AROUND = (
    "kind: journey\nid: around\nversion: 1\ntimezone: profile\nentry: { event: signup }\n"
)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)


def first_cells(section: str) -> set[str]:
    """Give what stands between backticks in the first column of the tables of a text."""
    return set(re.findall(r"^\| `([^`]+)`", section, re.MULTILINE))


def section(page: str, title: str) -> str:
    """Give the text below a heading, up to the next one of its level."""
    found = re.search(
        rf"^(#+) {re.escape(title)}\n(.*?)(?=^\1 |\Z)", page, re.DOTALL | re.MULTILINE
    )
    assert found, f"there is no heading '{title}'"
    return found[2]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_generated_parts_are_up_to_date(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert generate.generated(text) == text, "run `make docs`"


def test_the_picture_of_the_pages_is_up_to_date() -> None:
    assert generate.PICTURE.read_text(encoding="utf-8") == generate.picture(), "run `make docs`"


def test_the_pages_are_written_from_the_code_beside_them() -> None:
    """A file that is run by its path would describe whatever is installed."""
    (recipe,) = re.findall(
        r"^docs: .*\n\t@\$\(BIN\)/python (.+)$", text_of("Makefile"), re.MULTILINE
    )
    assert recipe == "-m docs.generate"


SCHEMAS = {**editor_schemas.schema_texts(), **step_event_schemas.schema_texts()}


@pytest.mark.parametrize(("name", "text"), SCHEMAS.items())
def test_schemas_are_up_to_date(name: str, text: str) -> None:
    assert text_of(f"docs/schemas/{name}") == text, "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.is_relative_to(ROOT), target
        assert file.exists(), f"{target} leads nowhere"
        if anchor:
            assert anchor in set(anchors(file)), f"{target} has no such heading"


def anchors(page: Path) -> Iterator[str]:
    for title in headings(page.read_text(encoding="utf-8")):
        yield re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def test_every_fault_has_a_page_and_an_entry_and_none_is_of_no_fault() -> None:
    pages = {file.stem for file in (ROOT / "journeys" / "faults").glob("*.md")}
    assert pages == {code.value for code in Code}
    found = re.findall(r"^### (JRN\d+)$", text_of("docs/reference/errors.md"), re.MULTILINE)
    assert found == sorted(code.value for code in Code)


def test_every_outcome_and_reason_is_described() -> None:
    page = text_of("docs/reference/outcomes.md")
    assert first_cells(section(page, "Outcome")) == {o.value for o in Outcome}
    assert first_cells(section(page, "Reason")) == {r.value for r in Reason}
    assert first_cells(section(page, "Score note")) == {n.value for n in ScoreNote}
    assert first_cells(section(page, "Silence")) == {s.value for s in Silence}
    assert first_cells(section(page, "Dead letter")) == {r.value for r in DeadLetterReason}


def test_every_topic_is_described() -> None:
    titles = headings(text_of("docs/reference/topics.md"))
    assert {topic.name for topic in CATALOGUE} == set(titles[1:])


def test_every_recipe_is_described_and_linked() -> None:
    page = text_of("docs/reference/recipes.md")
    assert {*recipes()} <= set(headings(page))
    assert {*re.findall(r"\]\(#(\w+)\)", page)} <= {*recipes()}


def test_every_setting_is_described() -> None:
    page = text_of("docs/reference/settings.md")
    shown = set(re.findall(r"generated: fields (\w+)", page))
    channels = {"EmailSettings", "PushSettings", "SmsSettings", "WebhookSettings"}
    telling = {"TrackingSettings", "FeedbackSettings", "WebhooksSettings", "TwilioSettings"}
    telling |= {"SendGridSettings", "MailgunSettings"}
    assert {"Settings", "Topics", "ChannelSettings", *channels, *telling} <= shown
    for name, field in Settings.model_fields.items():
        if field.annotation is not str:
            assert name in headings(page)


def test_every_kind_of_definition_step_and_action_is_described() -> None:
    page = text_of("docs/reference/definitions.md")
    titles = {title.lower() for title in headings(page)}
    assert set(KINDS) | set(STEP_SPECS) | set(ACTIONS) <= titles
    shown = set(re.findall(r"generated: fields (\w+)", page))
    for model in (*STEP_SPECS.values(), *ACTIONS.values()):
        assert model.__name__ in shown


def test_every_function_is_described() -> None:
    assert set(FUNCTIONS) <= set(headings(text_of("docs/reference/functions.md")))


def test_every_verb_is_described_and_no_other_is_used() -> None:
    assert {f"journeys {verb}" for verb in VERBS} == first_cells(text_of("README.md"))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        used = re.findall(r"(?:^|`|\| |\$ )(?:\.venv/bin/)?journeys (\w+)", text, re.MULTILINE)
        assert set(used) <= set(VERBS), name_of(page)


def test_the_index_of_decisions_holds_each_with_its_title() -> None:
    folder = ROOT / "docs" / "decisions"
    titles = {
        page.name: page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
        for page in sorted(folder.glob("0*.md"))
    }
    index = re.findall(r"^- \[(.+)\]\((.+)\)$", text_of("docs/decisions/README.md"), re.MULTILINE)
    assert {file: title for title, file in index} == titles


def test_what_is_said_not_to_run_yet_is_what_the_compiler_warns_of() -> None:
    page = section(text_of("docs/reference/definitions.md"), "Not run yet")
    _, _, *named = re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE)
    warned = ast.parse(text_of("journeys/compiler/readiness.py"))
    words = {node.value for node in ast.walk(warned) if isinstance(node, ast.Constant)}
    assert named
    assert set(named) <= words


def test_every_target_of_make_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    for page in PAGES:
        named = re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert set(named) <= targets, name_of(page)


def test_the_three_files_of_the_readme_hold_what_it_names() -> None:
    found = re.findall(
        r"^\d\. \[([^\]]+)\]\(\1\)(?:: `(\w+)`)?", text_of("README.md"), re.MULTILINE
    )
    assert [path for path, _ in found] == [
        "jobs/topology.py",
        "operators/journey_function.py",
        "journeys/engine.py",
    ]
    for path, function in found:
        tree = ast.parse(text_of(path))
        names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert not function or function in names


def test_the_examples_of_definitions_compile_without_a_fault() -> None:
    blocks = YAML.findall(text_of("docs/reference/definitions.md"))
    assert len(blocks) >= 9
    complete = [block for block in blocks if not block.startswith("steps:")]
    assert faults_in("---\n".join(complete)) == []
    for block in blocks:
        if block.startswith("steps:"):
            every = "---\n".join([*complete, STEPS_AROUND + block])
            assert faults_in(every) == [], block


def test_an_editor_accepts_the_examples_of_definitions_and_settings() -> None:
    for block in YAML.findall(text_of("docs/reference/definitions.md")):
        text = STEPS_AROUND + block if block.startswith("steps:") else block
        for document in read_documents("example.yaml", text, {})[0]:
            assert editor_accepts(document.value), block
    (block,) = YAML.findall(text_of("docs/reference/settings.md"))
    (document,) = read_documents(SETTINGS, block, {})[0]
    assert schema("settings.schema.json").is_valid(document.value)


def faults_in(text: str) -> list[str]:
    """List what is wrong; what the job does not run yet is described like everything else."""
    faults = faults_of(example_files(text))
    return [str(fault) for fault in faults if fault.code is not Code.NOT_RUN_YET]


def test_the_example_of_settings_is_read_without_a_fault() -> None:
    (block,) = YAML.findall(text_of("docs/reference/settings.md"))
    schema = text_of("examples/welcome/schemas/profile.json")
    project = read_project({SETTINGS: block, "schemas/profile.json": schema}, {})
    assert project.settings is not None
    settings = read_spec(project, project.settings, Settings)
    assert settings is not None
    compile_project(project, settings.profile.payload_schema)
    assert {fault.code for fault in project.diagnostics} <= {Code.NO_DOCUMENT}


@pytest.mark.parametrize(
    "file", ["graphs/welcome.mmd", "differences/welcome.txt", "differences/conflict.txt"]
)
def test_the_outputs_on_the_page_about_pictures_and_versions_are_real(file: str) -> None:
    assert f"\n{text_of(f'tests/golden/{file}')}```" in text_of("docs/how-to/see-and-compare.md")


def test_pages_name_no_place_of_this_machine() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"(?<![\w.])/(?:work|root|home|tmp)/", text), name_of(page)
