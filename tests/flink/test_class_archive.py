from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from connectors.embedded import class_archive, toolchain
from connectors.embedded.class_archive import ClassArchive
from connectors.embedded.jars import ensure_jars

pytestmark = pytest.mark.e2e
PROGRAM = """
public class Idle {
    public static void main(String[] words) throws Exception {
        System.out.println("up");
        System.in.read();
    }
}
"""


def test_java_writes_an_archive_and_begins_with_it_from_then_on(tmp_path: Path) -> None:
    program = tmp_path / "Idle.java"
    program.write_text(PROGRAM)
    java = toolchain.find_java()
    class_path = ["-classpath", os.pathsep.join(map(str, ensure_jars().kafka))]
    archive = ClassArchive(tmp_path / "classes" / "idle.jsa")
    command = [str(java), *archive.options, *class_path, str(program)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        assert running.stdout.readline() == b"up\n"
        class_archive.write(java, {archive: running.pid})
        running.stdin.close()
    assert [file.name for file in archive.file.parent.iterdir()] == ["idle.jsa"]
    command = [str(java), *archive.options, "-Xlog:class+load", *class_path, str(program)]
    loaded = subprocess.run(command, input=b"", capture_output=True, check=True).stdout
    assert b"source: shared objects file (top)" in loaded
