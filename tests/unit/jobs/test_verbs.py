"""The verbs that need no broker and no cluster, as a person calls them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobs.cli.app import app
from jobs.cli.findings import FindingsFormat
from jobs.cli.plan import text_of
from journeys.diagnostics import Code
from journeys.difference import Difference, Fate, Standing
from journeys.errors import JourneyError
from journeys.findings import FORMATS

ROOT = Path(__file__).parents[3]
WELCOME = ROOT / "examples" / "welcome"
CASES = ROOT / "tests" / "conformance" / "expressions.json"


def call(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout


def test_a_faultless_project_is_told_so_and_compiles() -> None:
    assert call("validate", str(WELCOME))[0] == 0
    code, text = call("compile", str(WELCOME))
    assert code == 0
    assert json.loads(text)["journey"] == "welcome"


def test_a_faulty_project_ends_with_findings_as_text_and_as_json(tmp_path: Path) -> None:
    shutil.copytree(WELCOME, tmp_path / "p", ignore=shutil.ignore_patterns(".journeys"))
    file = tmp_path / "p" / "welcome.yaml"
    file.write_text(file.read_text().replace("first_of:", "frist_of:"))
    code, text = call("validate", str(tmp_path / "p"))
    assert code == 1
    assert "did you mean 'first_of'?" in text
    code, text = call("validate", str(tmp_path / "p"), "--format", "json")
    assert code == 1
    assert json.loads(text)[0]["code"] == "JRN204"
    assert call("compile", str(tmp_path / "p"))[0] == 1


def test_every_form_of_findings_can_be_asked_for() -> None:
    assert [form.value for form in FindingsFormat] == list(FORMATS)


def test_findings_name_files_as_seen_from_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "flow.yaml").write_text("kind: evnt\nid: a\n")
    monkeypatch.chdir(tmp_path)
    code, text = call("validate", "shop", "--format", "github")
    assert code == 1
    assert text.startswith("::error file=shop/flow.yaml,line=1,")
    monkeypatch.chdir(tmp_path / "shop")
    assert "file=flow.yaml," in call("validate", "--format", "github")[1]


def test_the_text_ends_with_the_way_to_learn_more(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text("kind: evnt\nid: a\n---\nkind: event\n")
    done = CliRunner().invoke(app, ["validate", str(tmp_path)])
    assert done.stderr.splitlines()[-2:] == [
        "More about them: journeys explain JRN104 JRN203",
        "2 errors, 0 warnings. Nothing can be published until that is mended",
    ]


def test_explain_says_what_faults_mean_in_any_case_and_once() -> None:
    code, text = call("explain", "jrn303", "JRN401", "JRN303")
    assert code == 0
    assert text.count("JRN303: An action is not defined\n") == 1
    assert "    kind: journey\n" in text
    assert "JRN401: A step cannot be reached\n" in text


def test_explain_lists_every_fault() -> None:
    code, text = call("explain")
    assert code == 0
    assert [line.split()[0] for line in text.splitlines()] == [str(c) for c in Code]


def test_explain_refuses_a_code_that_does_not_exist() -> None:
    done = CliRunner().invoke(app, ["explain", "JRN30", "JRN303"])
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "there is no fault JRN30: did you mean" in done.stderr


def test_a_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(JourneyError, match="there is no folder nowhere"):
        call("validate", "nowhere")


def test_a_journey_is_drawn_as_text_and_into_the_kind_of_file_that_is_named(
    tmp_path: Path,
) -> None:
    code, text = call("graph", str(WELCOME))
    assert code == 0
    assert text.startswith("flowchart TD")
    for name, start in (("w.svg", "<svg"), ("w.html", "<!doctype html>"), ("w.mmd", "flowchart")):
        assert call("graph", str(WELCOME), "--output", str(tmp_path / name)) == (0, "")
        assert (tmp_path / name).read_text().startswith(start)
    assert call("graph", str(WELCOME), "--format", "html")[1].startswith("<!doctype html>")


def test_a_picture_of_one_journey_asks_which_where_there_are_several(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(
            "kind: journey\nversion: 1\nentry: {event: go}\nsteps: {pause: {wait: PT1H}}\n"
            f"id: {name}\n"
        )
    (tmp_path / "events.yaml").write_text("kind: event\nid: go\n")
    assert call("graph", str(tmp_path))[0] == 2
    assert call("graph", str(tmp_path), "--journey", "three")[0] == 2
    code, text = call("graph", str(tmp_path), "--journey", "two")
    assert code == 0
    assert "two v1" in text
    assert "one v1" not in text
    assert call("graph", str(tmp_path), "--format", "html")[1].count("<svg") == 2


def test_a_picture_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    picture = tmp_path / "w.png"
    assert call("graph", str(WELCOME), "--output", str(picture))[0] == 2
    assert not picture.exists()
    assert call("graph", str(WELCOME), "--format", "svg", "--output", str(picture))[0] == 0
    assert picture.read_text().startswith("<svg")


def test_a_picture_that_cannot_be_written_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(JourneyError, match="cannot be written"):
        call("graph", str(WELCOME), "--output", str(tmp_path / "nowhere" / "w.svg"))


def test_a_plan_ends_as_asked_with_what_publishing_would_do(tmp_path: Path) -> None:
    nothing, same, other = (tmp_path / name for name in ("nothing", "same", "other"))
    nothing.write_text("")
    same.write_text(call("compile", str(WELCOME))[1])
    other.write_text(same.read_text().replace('"timezone":"UTC"', '"timezone":"profile"'))
    ends = {
        name: tuple(
            call("plan", str(WELCOME), "--against", str(tmp_path / name), *detailed)[0]
            for detailed in ([], ["--detailed-exitcode"])
        )
        for name in ("nothing", "same", "other")
    }
    assert ends == {"nothing": (0, 2), "same": (0, 0), "other": (1, 1)}


def test_a_plan_that_leaves_people_without_a_place_ends_with_findings(tmp_path: Path) -> None:
    published = tmp_path / "published"
    published.write_text(call("compile", str(WELCOME))[1])
    shutil.copytree(WELCOME, tmp_path / "p", ignore=shutil.ignore_patterns(".journeys"))
    file, scenarios = tmp_path / "p" / "welcome.yaml", tmp_path / "p" / "scenarios.yaml"
    scenarios.unlink()
    renamed = file.read_text().replace("react", "hear")
    file.write_text(renamed.replace("version: 1", "version: 2\nin_flight: move"))
    code, text = call("plan", str(tmp_path / "p"), "--against", str(published))
    assert code == 1
    assert "  those at react have nowhere to go: map it, or name it under" in text
    file.write_text(file.read_text() + "map: { react: end }\n")
    code, text = call("plan", str(tmp_path / "p"), "--against", str(published))
    assert code == 0
    assert "  those at react complete\n" in text


def test_a_plan_reads_what_is_published_from_standard_input() -> None:
    text = call("compile", str(WELCOME))[1]
    done = CliRunner().invoke(app, ["plan", str(WELCOME), "--against", "-"], input=text)
    assert done.stdout == "welcome: unchanged, version 1\nmodel taste: unchanged, version 1\n"


def test_a_file_that_holds_no_plans_is_named_with_its_line() -> None:
    with pytest.raises(
        JourneyError, match=r"expressions.json:1 is no output of `journeys compile`"
    ):
        call("plan", str(WELCOME), "--against", str(CASES))


def test_a_long_change_is_shown_where_it_is(tmp_path: Path) -> None:
    text = call("compile", str(WELCOME))[1]
    published = tmp_path / "published"
    published.write_text(text.replace("thank you for signing up", "thank you for joining"))
    out = call("plan", str(WELCOME), "--against", str(published))[1]
    assert "text: …ank you for joining for the {{ event.signup.plan }} plan. → …ank you for" in out


@pytest.mark.parametrize(
    ("fate", "lines"),
    [
        (Fate("finish", {}, {}, ()), ["people inside version 1 finish it"]),
        (Fate("exit", {}, {}, ()), ["people inside version 1 exit"]),
        (
            Fate("move", {"a": "b"}, {"d": "exit"}, ("c",)),
            [
                "people inside version 1 move to the same step of the new version",
                "  those at d exit",
                "  those at a move to b",
                "  those at c have nowhere to go: map it, or name it under `in_flight`",
            ],
        ),
    ],
)
def test_the_fate_of_people_inside_is_told(fate: Fate, lines: list[str]) -> None:
    found = Difference("walk", Standing.NEW_VERSION, 1, 2, (), fate)
    head = "walk: new version, 1 → 2, with nothing else changed"
    assert list(text_of(found)) == [head, *(f"  {line}" for line in lines)]


def test_the_scenarios_of_the_welcome_journey_pass_and_take_every_branch() -> None:
    code, text = call("test", str(WELCOME), "--coverage", "--fail-under", "100")
    assert code == 0
    assert "✓ welcome.buys" in text
    assert "welcome v1: 14 of 14 branches, 100.0 %" in text
    code, text = call("test", str(WELCOME), "--coverage", "--format", "json")
    assert code == 0
    found = json.loads(text)
    assert all(scenario["passed"] for scenario in found["scenarios"])
    assert found["coverage"][0]["uncovered"] == []


def test_a_branch_that_no_scenario_takes_is_named_by_its_line() -> None:
    words = ("test", str(WELCOME), "--select", "*.buys", "--coverage", "--fail-under", "58")
    code, text = call(*words)
    assert code == 1
    assert re.search(r"rank:others +never  welcome.yaml:17:9", text)
    assert call(*words[:-1], "57")[0] == 0


def test_a_scenario_that_fails_is_shown_and_ends_with_findings(tmp_path: Path) -> None:
    shutil.copytree(WELCOME, tmp_path / "p", ignore=shutil.ignore_patterns(".journeys"))
    file = tmp_path / "p" / "scenarios.yaml"
    file.write_text(file.read_text().replace("score: 75", "score: 5"))
    code, text = call("test", str(tmp_path / "p"))
    assert code == 1
    assert "nearest: +PT10M rank passed by 'others'; branch is others, not promising" in text
    code, text = call("test", str(tmp_path / "p"), "--format", "json", "--select", "welcome.buys")
    assert code == 1
    (row,) = json.loads(text)["scenarios"]
    assert row["place"].startswith("scenarios.yaml:21:")


def test_what_testing_finds_is_written_for_other_tools(tmp_path: Path) -> None:
    words = ("test", str(WELCOME), "--select", "*.buys", "--coverage", "--format")
    code, text = call(*words, "github")
    assert code == 0
    assert "::warning file=examples/welcome/welcome.yaml,line=17" in text
    code, text = call(*words, "github", "--fail-under", "100")
    assert code == 1
    assert "::error file=examples/welcome/welcome.yaml,line=17" in text
    code, text = call(*words, "junit")
    assert 'name="welcome.buys" file="examples/welcome/scenarios.yaml" line="3"' in text


def test_a_pattern_that_no_scenario_matches_is_told_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(JourneyError, match=r"matches 'welcome\.bys': did you mean 'welcome\.buys'"):
        call("test", str(WELCOME), "--select", "welcome.bys")
    (tmp_path / "events.yaml").write_text("kind: event\nid: go\n")
    with pytest.raises(JourneyError, match="the project has no scenario"):
        call("test", str(tmp_path))


def test_schema_prints_the_form_of_definitions_or_of_settings() -> None:
    code, text = call("schema")
    assert code == 0
    assert json.loads(text)["title"] == "Definition"
    assert "Settings" in json.loads(call("schema", "--settings")[1])["definitions"]


def test_schema_writes_a_file_where_it_is_told_to(tmp_path: Path) -> None:
    file = tmp_path / "new" / "a.json"
    code, text = call("schema", "--output", str(file))
    assert (code, text) == (0, "")
    assert file.read_text() == call("schema")[1]
    with pytest.raises(JourneyError, match="cannot be written"):
        call("schema", "--output", str(file / "b.json"))


def test_conformance_closes_with_its_counts(tmp_path: Path) -> None:
    code, text = call("conformance", str(CASES))
    assert code == 0
    assert text.splitlines()[-1] == f"{len(json.loads(CASES.read_text()))} passed, 0 failed"
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps([{"id": "w1", "expression": "1 + 1", "expected": 3}]))
    code, text = call("conformance", str(wrong))
    assert code == 1
    assert text.startswith("w1: 1 + 1")
    assert text.splitlines()[-1] == "0 passed, 1 failed"


def test_conformance_names_a_file_that_holds_no_cases(tmp_path: Path) -> None:
    (tmp_path / "no.json").write_text("{}")
    with pytest.raises(JourneyError, match="holds no cases"):
        call("conformance", str(tmp_path / "no.json"))


def test_random_runs_of_the_welcome_journey_break_no_law() -> None:
    code, text = call("test", str(WELCOME), "--fuzz", "150", "--seed", "3", "--select", "none")
    assert code == 0
    assert text == "✓ welcome v1: 150 random runs, 14 of 14 branches, no law broken\n"
    code, text = call("test", str(WELCOME), "--fuzz", "2", "--format", "json")
    found = json.loads(text)
    assert all(scenario["seconds"] >= 0 for scenario in found["scenarios"])
    assert found["fuzz"] == [{"journey": "welcome", "runs": 2, "broken": [], "scenario": None}]


def test_a_crowd_is_simulated_and_its_ledger_is_balanced() -> None:
    code, text = call("simulate", str(WELCOME), "--people", "100", "--for", "P7D")
    assert code == 0
    assert text.startswith("welcome v1: 100 people, P7D, seed 1\n")
    assert "ledger       balanced" in text
    code, text = call("simulate", str(WELCOME), "--people", "100", "--format", "json")
    found = json.loads(text)
    assert found["drift"] == 0
    assert found["steps"]["pause"]["dwell_p50_ms"] == 600_000


def test_one_person_is_simulated_as_a_timeline(tmp_path: Path) -> None:
    code, text = call("simulate", str(WELCOME), "--scenario", "welcome.buys")
    assert code == 0
    assert "2026-03-01T08:10:00.000Z  +PT10M    rank passed by 'promising'" in text
    profile, answers = tmp_path / "profile.json", tmp_path / "answers.json"
    profile.write_text('{"email": "ann@example.org", "firstName": "Ann"}')
    answers.write_text('{"score": {"body": {"score": 99}}}')
    words = (
        "simulate",
        str(WELCOME),
        "--seed",
        "5",
        "--profile",
        str(profile),
        "--answers",
        str(answers),
    )
    code, text = call(*words, "--format", "json")
    assert code == 0
    rows = json.loads(text)
    asked = next(row for row in rows if "action" in row)
    assert asked["action"] == "welcome_email"
    assert asked["message"]["to"] == "ann@example.org"
    assert any(row.get("branch") == "promising" for row in rows)


def test_answers_that_cannot_be_read_are_named() -> None:
    with pytest.raises(JourneyError, match=r"^nowhere.json cannot be read: No such file"):
        call("simulate", str(WELCOME), "--answers", "nowhere.json")


def test_a_file_of_answers_that_are_none_is_told_where(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    answers.write_text('{"score": {"status": 7}}')
    with pytest.raises(JourneyError, match=r"answers\.json: status: "):
        call("simulate", str(WELCOME), "--answers", str(answers))
    answers.write_text('{"score": 7}')
    with pytest.raises(JourneyError, match=r"answers\.json: score: "):
        call("simulate", str(WELCOME), "--answers", str(answers))
    answers.write_text('{"scor": {"status": 500}}')
    with pytest.raises(JourneyError, match="has no step 'scor': did you mean 'score'"):
        call("simulate", str(WELCOME), "--answers", str(answers))


@pytest.mark.parametrize("words", [("publish",), ("run",), ("plan", "--against", "{file}")])
def test_what_the_job_does_not_run_is_refused_before_anything_starts(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "published.jsonl"
    file.write_text("")
    folder = tmp_path / "project"
    folder.mkdir()
    lucky = """\
kind: audience
id: lucky
when: "currentTimeInMillis() % 2 == 0"
---
kind: journey
id: luck
version: 1
entry: {audience: {id: lucky, on: enter}}
steps: {stay: {wait: P1D}}
"""
    (folder / "luck.yaml").write_text(lucky, encoding="utf-8")
    verb, *options = (word.replace("{file}", str(file)) for word in words)
    done = CliRunner().invoke(app, [verb, str(folder), *options])
    assert done.exit_code == 1
    assert "the job of this release does not run borders of audiences" in done.output
    assert sorted(p.name for p in folder.iterdir()) == ["luck.yaml"]


@pytest.mark.parametrize(
    "words",
    [
        ("compile",),
        ("graph",),
        ("plan", "--format", "json"),
        ("simulate", "--format", "json"),
        ("run",),
        ("publish",),
    ],
    ids=" ".join,
)
def test_faults_do_not_stand_among_the_data_of_a_verb(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    done = CliRunner().invoke(app, [*words, str(tmp_path)])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "error[JRN105]" in done.stderr
    assert "1 error, 0 warnings" in done.stderr


def test_faults_of_a_project_that_is_tested_have_the_form_that_was_asked_for(
    tmp_path: Path,
) -> None:
    code, text = call("test", str(tmp_path), "--format", "json")
    assert code == 1
    assert [fault["code"] for fault in json.loads(text)] == ["JRN105"]


def test_data_and_talk_that_go_to_one_place_stand_in_the_order_of_writing(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from jobs.cli import main; main()", "validate", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        ".",
        "  = write a YAML file with `kind",
        "More about them",
        "1 error, 0 warnings. Nothing can be published until that is mended",
    ]


def test_a_reader_who_stops_early_is_no_fault_of_the_program() -> None:
    command = f"{sys.executable} -c 'from jobs.cli import main; main()' schema | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("{\n", "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("simulate", "--for", "P1M"), "--for: 'P1M' counts months"),
        (("simulate", "--journey", "welcom"), "no journey 'welcom': did you mean 'welcome'"),
        (("simulate", "--scenario", "welcome.bys"), "no scenario 'welcome.bys': did you mean"),
        (("graph", "--journey", "welcom"), "no journey 'welcom': did you mean 'welcome'"),
        (("test", "--fail-under", "101"), "--fail-under"),
    ],
)
def test_what_an_option_does_not_take_is_wrong_usage(words: tuple[str, ...], message: str) -> None:
    done = CliRunner().invoke(app, [*words, str(WELCOME)])
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


def test_a_project_without_a_journey_is_not_said_to_have_several(tmp_path: Path) -> None:
    (tmp_path / "events.yaml").write_text("kind: event\nid: signup\n")
    done = CliRunner().invoke(app, ["simulate", str(tmp_path)])
    assert done.exit_code == 2
    assert "one journey is simulated: choose it; none is defined" in done.stderr


def test_a_least_coverage_counts_without_asking_for_coverage() -> None:
    words = ("test", str(WELCOME), "--select", "*.imported")
    assert call(*words)[0] == 0
    assert call(*words, "--fail-under", "100")[0] == 1


@pytest.mark.parametrize(("no_color", "is_red"), [("", True), ("1", False)])
def test_errors_are_red_unless_that_is_not_wanted(
    no_color: str, *, is_red: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    done = CliRunner().invoke(app, ["explain", "JRN30"], color=True)
    assert ("\x1b[31m" in done.stderr) is is_red
