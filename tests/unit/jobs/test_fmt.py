"""The verb `fmt`, as a person calls it."""

from __future__ import annotations

import errno
import stat
import tempfile
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from jobs.cli.app import app
from jobs.cli.fmt import replace

UGLY = "id:   e\nkind: event\n"
GOOD = "kind: event\nid: e\n"


def fmt(*words: object) -> Result:
    return CliRunner().invoke(app, ["fmt", *map(str, words)])


def test_files_are_rewritten_and_named_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(UGLY)
    (tmp_path / "b.yml").write_text(GOOD)
    (tmp_path / "c.json").write_text("{ }")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "d.yaml").write_text(UGLY)
    done = fmt(tmp_path)
    assert done.exit_code == 0
    assert done.stdout == f"{tmp_path / 'a.yaml'}\n"
    assert done.stderr == "1 file changed, 1 in form, 0 not read\n"
    assert (tmp_path / "a.yaml").read_text() == GOOD
    assert (tmp_path / ".hidden" / "d.yaml").read_text() == UGLY
    assert fmt(tmp_path).stdout == ""


@pytest.mark.parametrize("option", ["--check", "--diff"])
def test_check_and_diff_write_nothing_and_end_with_findings(tmp_path: Path, option: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(UGLY)
    done = fmt(tmp_path, option)
    assert done.exit_code == 1
    assert file.read_text() == UGLY
    assert ("-id:   e" in done.stdout) is (option == "--diff")
    file.write_text(GOOD)
    assert fmt(tmp_path, option).exit_code == 0


def test_single_files_can_be_named(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(UGLY)
    assert fmt(tmp_path / "b.yaml").exit_code == 0
    assert (tmp_path / "a.yaml").read_text() == UGLY
    assert (tmp_path / "b.yaml").read_text() == GOOD


@pytest.mark.parametrize("content", [b"kind: [\n", b"\xff\xfe", b"a: 1\na: 2\n"])
def test_a_file_that_cannot_be_read_is_named_and_left(tmp_path: Path, content: bytes) -> None:
    bad, ugly = tmp_path / "bad.yaml", tmp_path / "ugly.yaml"
    bad.write_bytes(content)
    ugly.write_text(UGLY)
    done = fmt(tmp_path)
    assert done.exit_code == 1
    assert "bad.yaml" in done.stderr
    assert bad.read_bytes() == content
    assert ugly.read_text() == GOOD


@pytest.mark.parametrize("name", ["people.csv", "schema.json", "mail.html"])
def test_a_file_that_holds_no_definitions_is_named_and_left(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text('{"type": "object"}\n')
    done = fmt(file)
    assert done.exit_code == 1
    assert f"error: {file} holds no definitions: their files end with .yaml" in done.stderr
    assert file.read_text() == '{"type": "object"}\n'


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    done = fmt(tmp_path / "nowhere")
    assert done.exit_code == 1
    assert f"error: {tmp_path / 'nowhere'} cannot be read: No such file" in done.stderr


def test_a_file_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "a.yaml").write_text(UGLY)
    monkeypatch.setattr(tempfile, "mkstemp", refuse)
    done = fmt(tmp_path)
    assert done.stdout == ""
    assert str(done.exception) == f"{tmp_path / 'a.yaml'} cannot be written: Permission denied"


def test_line_ends_of_another_system_are_a_change(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(GOOD.replace("\n", "\r\n").encode())
    assert "line ends alone" in fmt(file, "--diff").stdout
    assert fmt(file).exit_code == 0
    assert file.read_bytes() == GOOD.encode()


def test_a_file_keeps_its_mode_and_a_link_stays_one(tmp_path: Path) -> None:
    file, link = tmp_path / "a.yaml", tmp_path / "b.yaml"
    file.write_text(UGLY)
    file.chmod(0o640)
    link.symlink_to(file)
    assert fmt(link).exit_code == 0
    assert link.is_symlink()
    assert file.read_text() == GOOD
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_what_goes_wrong_while_writing_leaves_the_old_file_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(UGLY)
    with pytest.raises(UnicodeEncodeError):
        replace(file, "half a pair: \ud83d")
    assert [f.name for f in tmp_path.iterdir()] == ["a.yaml"]
    assert file.read_text() == UGLY
