"""A folder, read but not yet judged."""

from __future__ import annotations

from journeys.project import read_project


def test_definitions_are_read_from_every_yaml_file_and_settings_apart() -> None:
    files = {
        "b/two.yml": "kind: event\nid: two\n",
        "a.yaml": "kind: event\nid: one\n---\nkind: event\nid: three\n",
        "journeys.yaml": "name: x\n",
        "notes.txt": "kind: event\n",
        "data.json": "{}",
    }
    project = read_project(files, {})
    assert [d.value for d in project.documents] == [
        {"kind": "event", "id": "one"},
        {"kind": "event", "id": "three"},
        {"kind": "event", "id": "two"},
    ]
    assert project.settings is not None
    assert project.settings.value == {"name": "x"}


def test_the_environment_fills_its_holes() -> None:
    project = read_project({"a.yaml": "a: ${env:A}\n"}, {"A": "x"})
    assert project.documents[0].value == {"a": "x"}


def test_a_json_file_is_read_or_said_why_not() -> None:
    files = {"ok.json": '{"a": 1}', "list.json": "[]", "bad.json": "{"}
    project = read_project(files, {})
    assert project.json_file("ok.json") == {"a": 1}
    assert project.json_file("list.json") == "it holds no JSON object"
    assert str(project.json_file("bad.json")).startswith("it is not JSON: ")
    assert project.json_file("none.json") == "there is no such file in the project"


def test_a_project_may_be_empty() -> None:
    project = read_project({}, {})
    assert (project.documents, project.settings, project.diagnostics) == ([], None, [])
