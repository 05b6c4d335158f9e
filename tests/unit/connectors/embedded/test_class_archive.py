from __future__ import annotations

import os
from pathlib import Path

from connectors.embedded import class_archive
from connectors.embedded.class_archive import ClassArchive


def test_other_jars_or_another_java_have_another_archive(tmp_path: Path) -> None:
    java, jar = tmp_path / "java", tmp_path / "a.jar"
    java.write_text("17")
    jar.write_text("classes")
    home = tmp_path / "home"
    first = ClassArchive.of("jobmanager", java, [jar], home)
    assert first == ClassArchive.of("jobmanager", java, [jar], home)
    others = {ClassArchive.of("taskmanager", java, [jar], home)}
    os.utime(jar, (1, 1))
    others.add(ClassArchive.of("jobmanager", java, [jar], home))
    java.write_text("17.0.15")
    others.add(ClassArchive.of("jobmanager", java, [jar], home))
    assert len({first, *others}) == 4


def test_who_finds_no_archive_notes_what_it_would_hold(tmp_path: Path) -> None:
    archive = ClassArchive(tmp_path / "classes" / "jobmanager.jsa")
    assert archive.options == ("-XX:+RecordDynamicDumpInfo",)
    archive.file.parent.mkdir()
    archive.file.write_bytes(b"")
    assert archive.options == (f"-XX:SharedArchiveFile={archive.file}",)


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    for exit_code in (0, 1):
        java = tmp_path / str(exit_code) / "java"
        java.parent.mkdir()
        java.touch()
        jcmd = java.with_name("jcmd")
        jcmd.write_text(f'#!/bin/sh\n[ {exit_code} = 0 ] || echo half > "$4"\nexit {exit_code}\n')
        jcmd.chmod(0o755)
        archive = ClassArchive(tmp_path / f"classes-{exit_code}" / "jobmanager.jsa")
        class_archive.write(java, {archive: os.getpid()})
        assert not list(archive.file.parent.iterdir())


def test_a_runtime_without_the_program_that_writes_them_goes_on_without(tmp_path: Path) -> None:
    archive = ClassArchive(tmp_path / "jobmanager.jsa")
    class_archive.write(tmp_path / "java", {archive: os.getpid()})
    assert not list(tmp_path.iterdir())
