"""Flink's client as a program that stays: plans jobs and hands them to clusters, one by one.

    python -m jobs.client_program < asked

What `flink run` does, but for more than one job: Java, Python and their classes come up once, and
side by side. Each line of its input is an `Asked`, and is answered by a line, `Answered`.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
import traceback
from contextlib import suppress

from py4j.protocol import Py4JError
from pyflink.java_gateway import get_gateway

from jobs.client import MAIN_JOB, Answered, Asked

_ONE_JOB, _SILENTLY = 1, True


def _answer(line: str) -> Answered:
    try:
        asked = Asked.model_validate_json(line)
        _aim(asked)
        planned = importlib.import_module(asked.module).plan(asked.description)
        submitted = planned.environment.execute_async(planned.name)
        return Answered(job=str(submitted.get_job_id()))
    except Exception:  # whatever it was, whoever asked is told
        return Answered(fault=traceback.format_exc())


def _aim(asked: Asked) -> None:
    """Let environments that are made from here on submit to a cluster, as `flink run` does."""
    jvm = get_gateway().jvm
    flink = jvm.org.apache.flink
    host, port = asked.rest_url.removeprefix("http://").split(":")
    settings = {
        "execution.target": "remote",
        "execution.attached": "false",
        "rest.address": host,
        "rest.port": port,
        "python.client.executable": sys.executable,
    }
    if asked.resume is not None:
        settings["execution.state-recovery.path"] = asked.resume
    configuration = flink.configuration.GlobalConfiguration.loadConfiguration()
    for name, value in settings.items():
        configuration.setString(name, value)
    classes = jvm.Thread.currentThread().getContextClassLoader()
    loader = flink.core.execution.DefaultExecutorServiceLoader()
    no_jobs = jvm.java.util.ArrayList()
    flink.client.program.StreamContextEnvironment.setAsContext(
        loader, configuration, classes, _ONE_JOB, _ONE_JOB, _SILENTLY, None, None, no_jobs
    )


def main() -> None:
    """Answer until the input ends."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # what else is said, by Java too, is no answer
        java = threading.Thread(target=get_gateway)
        java.start()
        importlib.import_module(MAIN_JOB)  # most of any job is in it
        java.join()
        for line in sys.stdin:
            answers.write(f"{_answer(line).model_dump_json()}\n")
            answers.flush()
    with suppress(Py4JError):
        get_gateway().jvm.System.exit(0)


if __name__ == "__main__":
    main()
