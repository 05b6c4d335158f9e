"""What a job on this machine is told of where it goes on from."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.embedded.errors import EmbeddedError
from connectors.embedded.flink_settings import cluster_settings
from connectors.kafka.bootstrap import Bootstrap
from jobs import local
from jobs.control_topic import Control
from jobs.folder import read_folder
from jobs.settings import RunSettings
from jobs.table_topic import SentTables
from journeys.plans import Plans


@pytest.mark.parametrize(
    ("resume", "may_have_called"),
    [(None, False), ("file:///s/savepoints/1", True), ("file:///s/checkpoints/j/chk-1", True)],
)
def test_calls_are_held_wherever_a_job_goes_on_from_any_state(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    resume: str | None,
    may_have_called: bool,  # noqa: FBT001
) -> None:
    (tmp_path / "journeys.yaml").write_text("name: p\n", encoding="utf-8")
    monkeypatch.setattr(local, "read_tables", lambda *_: SentTables())
    nothing_said = Control([], Plans())
    job = local.describe(read_folder(tmp_path), Bootstrap(servers="b:1"), nothing_said, resume)
    assert job.after_failure is may_have_called


def test_data_of_a_stack_that_has_ended_can_be_removed(tmp_path: Path) -> None:
    (tmp_path / "journeys.yaml").write_text("name: p\n", encoding="utf-8")
    folder = read_folder(tmp_path)
    with pytest.raises(EmbeddedError, match="no local stack runs"):
        local.stop(folder, print, remove_data=True)
    (folder.stack / "kafka").mkdir(parents=True)
    with pytest.raises(EmbeddedError, match="no local stack runs"):
        local.stop(folder, print)
    local.stop(folder, print, remove_data=True)
    assert not folder.stack.exists()


@pytest.mark.parametrize(("job", "compilers"), [({}, 1), ({"optimize_for": "throughput"}, 2)])
def test_workers_compile_well_where_a_project_says_so(job: dict[str, str], compilers: int) -> None:
    given = local.flink_settings(RunSettings.model_validate(job))
    options = str((cluster_settings(8081, 6123, 1) | given)["env.java.opts.taskmanager"])
    assert ("-XX:TieredStopAtLevel=1" in options) is (compilers == 1)
    assert "-XX:+UseSerialGC" in options
