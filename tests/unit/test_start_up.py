"""What the author's commands load: they must answer at once, so no client library and no Flink."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jobs.cli.app import VERBS
from tests.harness.topic import export, lying

WELCOME = Path(__file__).parents[2] / "examples" / "welcome"
CLIENTS = ("pyflink", "kafka", "aiohttp", "aiosmtplib", "aiosmtpd", "requests", "py4j")
NOT_TO_LIST = (*CLIENTS, "pydantic", "lark", "liquid", "rich", "yaml")
"""What merely naming the verbs must not load either."""


def loaded_by(*arguments: str) -> set[str]:
    """Run the command in a new interpreter and give the packages that it loaded."""
    code = f"""
import sys
from jobs.cli import main
sys.argv = ["journeys", *{arguments!r}]
try:
    main()
finally:
    print("\\n" + " ".join({{name.split(".")[0] for name in sys.modules}}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("verb", ["validate", "compile", "graph", "test", "simulate"])
def test_the_authors_verbs_load_no_client_library_and_no_flink(verb: str) -> None:
    assert not loaded_by(verb, str(WELCOME)) & {*CLIENTS, "rich"}


@pytest.mark.parametrize("verb", ["validate", "compile", "graph"])
def test_checking_a_model_loads_no_runtime(verb: str) -> None:
    assert not loaded_by(verb, str(WELCOME)) & {"onnx", "onnxruntime", "numpy"}


def test_asking_files_loads_no_client_and_no_compiler(tmp_path: Path) -> None:
    export(tmp_path, "feedback", lying([{"request_id": "r"}]))
    for words in (["report"], ["query", "ledger"]):
        assert not loaded_by(*words, "--files", str(tmp_path)) & {*CLIENTS, "lark", "yaml"}


def test_beginning_a_project_loads_no_client_library_and_no_flink(tmp_path: Path) -> None:
    assert not loaded_by("init", str(tmp_path)) & {*CLIENTS, "rich"}


def test_checking_a_project_without_liquid_texts_loads_no_liquid(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(
        "kind: event\nid: signup\n---\nkind: journey\nid: j\nversion: 1\n"
        "entry: { event: signup, when: '@event{signup.n} > 1' }\nsteps:\n  pause: { wait: PT1H }\n"
    )
    loaded = loaded_by("validate", str(tmp_path))
    assert "lark" in loaded
    assert "liquid" not in loaded


def test_only_the_schema_reads_the_docstrings() -> None:
    code = "import sys, jobs.cli.author, jobs.settings; print('jobs.docstrings' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_listing_the_verbs_loads_none_of_them() -> None:
    assert not loaded_by("--help") & set(NOT_TO_LIST)


def test_the_list_says_of_every_verb_what_it_does() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from jobs.cli import main; main()", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    _, _, commands = done.stdout.partition("Commands:")
    for verb in VERBS:
        assert f"\n  {verb} " in commands
