"""Hand jobs to a cluster: Flink's client, as long as it is needed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Self, cast

from pydantic import BaseModel

from jobs.flink_rest import JobError
from jobs.job import WITHOUT

MAIN_JOB = "jobs.orchestrate"
"""The module of the job that runs journeys."""
_SUBMIT_S = 180
_END_S = 20
_SAID = 4_000
"""Characters that are told of what Flink said."""


class Asked(BaseModel):
    """A job that is to be submitted."""

    module: str
    """Has a function `plan`, which plans the job that a file describes (`jobs.program`)."""
    description: Path
    rest_url: str
    resume: str | None
    """The savepoint or retained checkpoint to go on from."""


class Answered(BaseModel):
    """What became of it: the job's id, or what went wrong, as Python tells it."""

    job: str | None = None
    fault: str | None = None


class Client:
    """A Python and a Java that submit jobs, until the block is left.

        with Client(cluster.environment()) as client:
            job = client.submit(file, cluster.rest_url)

    They come up beside what the block does first. The environment is one in which Flink's programs
    find its settings and jars.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __enter__(self) -> Self:
        found = [str(WITHOUT), *filter(None, [self._environment.get("PYTHONPATH")])]
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self._program = subprocess.Popen(
            [sys.executable, "-m", "jobs.client_program"],
            env={**self._environment, "PYTHONPATH": os.pathsep.join(found)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            start_new_session=True,  # Ctrl-C is for whoever has begun it
        )
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._program.communicate(timeout=_END_S)
        except subprocess.TimeoutExpired:
            self._program.kill()
            self._program.communicate()
        finally:
            self._said.close()

    def submit(
        self, description: Path, rest_url: str, resume: str | None = None, module: str = MAIN_JOB
    ) -> str:
        """Submit the job that a file describes and give its id.

        Args:
            description: what the job's module reads.
            rest_url: the cluster.
            resume: the savepoint or retained checkpoint to go on from.
            module: has a function `plan`, which plans the job of a description.

        Raises:
            JobError: Flink did not take it, or not in time; with what Flink said.
        """
        asked = Asked(module=module, description=description, rest_url=rest_url, resume=resume)
        late = threading.Timer(_SUBMIT_S, self._program.kill)
        late.start()
        try:
            answered = self._ask(asked.model_dump_json())
        finally:
            late.cancel()
        if answered.job is None:
            silent = f"no answer within {_SUBMIT_S} s, or it ended without one. {self._told()}"
            said = answered.fault or silent
            message = f"Flink did not take the job. It said:\n{said.strip()[-_SAID:]}"
            raise JobError(message)
        return answered.job

    def _ask(self, line: str) -> Answered:
        written, read = (
            cast("IO[str]", end) for end in (self._program.stdin, self._program.stdout)
        )
        try:
            written.write(f"{line}\n")
            written.flush()
            answer = read.readline()
        except BrokenPipeError:
            answer = ""
        return Answered.model_validate_json(answer) if answer else Answered()

    def _told(self) -> str:
        self._said.seek(0)
        return self._said.read()
