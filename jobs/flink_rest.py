"""Watch a job on a cluster, and stop it, by Flink's REST interface."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, cast

import requests

from journeys.errors import JourneyError

_LOOK_S = 0.2
_TRIES = 3
"""What has failed so often since its start does not come up."""


ENDED = ("FAILED", "FINISHED", "CANCELED")
"""States that a job does not leave."""


class JobError(JourneyError):
    """The job could not be submitted or does not run."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job on a cluster."""

    rest_url: str
    id: str

    def state(self) -> str:
        """Give the job's state in Flink's words, such as RUNNING."""
        return str(self._get("")["state"])

    def tasks_running(self) -> bool:
        """Say whether every task of the job runs, not just the job."""
        vertices = self._get("")["vertices"]
        return all(v["tasks"]["RUNNING"] == v["parallelism"] for v in vertices)

    def standing(self) -> str:
        """Give the job's state, or STARTING where Flink runs it but not yet every task.

        So it is after the loss of a worker, for as long as no other one takes its tasks.
        """
        state = self.state()
        return "STARTING" if state == "RUNNING" and not self.tasks_running() else state

    def wait_until_running(self, timeout_s: float = 90) -> None:
        """Wait until every task runs.

        Raises:
            JobError: it does not in time, or the job failed; with its latest failure.
        """
        deadline = time.monotonic() + timeout_s
        while not (self.state() == "RUNNING" and self.tasks_running()):
            ended = self.state() in ENDED
            if ended or time.monotonic() > deadline:
                message = f"job {self.id} is {self.state()}. Its latest failure:\n{self.failure()}"
                raise JobError(message)
            time.sleep(_LOOK_S)

    def wait_until_kept(self, timeout_s: float = 120) -> None:
        """Wait until every task runs and the job's first checkpoint is complete.

        Until then it has committed nothing to Kafka: another job may take its place, from the state
        that it began with.

        Raises:
            JobError: it does not come so far in time, or fails again and again; with its
                latest failure.
        """
        deadline = time.monotonic() + timeout_s
        while not (self.tasks_running() and self.checkpoints() > 0):
            ended = self.state() in ENDED
            if ended or len(self._failures()) >= _TRIES or time.monotonic() > deadline:
                message = f"job {self.id} is {self.state()}. Its latest failure:\n{self.failure()}"
                raise JobError(message)
            time.sleep(_LOOK_S)

    def failure(self) -> str:
        """Give the latest failure, or say that there was none."""
        history = self._failures()
        return str(history[0]["stacktrace"])[:3000] if history else "none is recorded"

    def _failures(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (
            self._get("/exceptions").get("exceptionHistory", {}).get("entries", [])
        )
        return found

    def restarts(self) -> int:
        """Say how often the job has been restarted.

        Flink's number is the one it looked up after it was last asked for any, however long ago;
        failures it tells at once, but 16 at most (`web.exception-history-size`).
        """
        metrics = cast("list[dict[str, str]]", self._get("/metrics?get=numRestarts"))
        return max(len(self._failures()), *(int(metric["value"]) for metric in metrics), 0)

    def taskmanagers(self) -> set[str]:
        """Name the TaskManagers that its tasks run on."""
        vertices = [vertex["id"] for vertex in self._get("")["vertices"]]
        found = (self._get(f"/vertices/{vertex}/taskmanagers") for vertex in vertices)
        return {each["taskmanager-id"] for told in found for each in told["taskmanagers"]}

    def checkpoints(self) -> int:
        """Say how many checkpoints were completed."""
        return int(self._get("/checkpoints")["counts"]["completed"])

    def checkpointing(self) -> dict[str, Any]:
        """Give what Flink tells of checkpoints: counts, and the latest."""
        return cast("dict[str, Any]", self._get("/checkpoints"))

    def records_read(self) -> int:
        """Say how many records its sources have read."""
        vertices = self._get("")["vertices"]
        sources = (v for v in vertices if v["name"].startswith("Source: "))
        return sum(int(source["metrics"]["write-records"]) for source in sources)

    def stop_with_savepoint(self, folder: str, timeout_s: float = 60) -> str:
        """Stop the job when all it has read is done, and give where its state is kept.

        Raises:
            JobError: it could not be stopped so in time; with what Flink said.
        """
        return self._kept("stop", {"targetDirectory": folder, "drain": False}, timeout_s)

    def savepoint(self, folder: str, timeout_s: float = 60) -> str:
        """Take a savepoint while the job runs on, and give where it lies.

        Raises:
            JobError: none could be taken in time; with what Flink said.
        """
        return self._kept("savepoints", {"target-directory": folder}, timeout_s)

    def _kept(self, how: str, asked: dict[str, object], timeout_s: float) -> str:
        trigger = _ask("POST", f"{self._url}/{how}", asked)["request-id"]
        deadline = time.monotonic() + timeout_s
        while (found := self._get(f"/savepoints/{trigger}"))["status"]["id"] != "COMPLETED":
            if time.monotonic() > deadline:
                message = f"job {self.id} took no savepoint within {timeout_s:.0f} s"
                raise JobError(message)
            time.sleep(_LOOK_S)
        if "location" not in found["operation"]:
            cause = found["operation"]["failure-cause"]["class"]
            message = f"job {self.id} took no savepoint: {cause}"
            raise JobError(message)
        return str(found["operation"]["location"])

    def parallelism(self) -> int:
        """Say how many subtasks its widest part has."""
        return max(int(vertex["parallelism"]) for vertex in self._get("")["vertices"])

    def cancel(self) -> None:
        """Ask Flink to end the job at once."""
        _answered("PATCH", self._url)

    def end(self, timeout_s: float = 60) -> None:
        """End the job without a savepoint, and wait for it; its latest checkpoint stays.

        Raises:
            JobError: it does not end in time.
        """
        if self.state() not in ENDED:
            self.cancel()
        deadline = time.monotonic() + timeout_s
        while (state := self.state()) not in ENDED:
            if time.monotonic() > deadline:
                message = f"job {self.id} does not end, it is {state}"
                raise JobError(message)
            time.sleep(_LOOK_S)

    @property
    def _url(self) -> str:
        return f"{self.rest_url}/jobs/{self.id}"

    def _get(self, path: str) -> Any:  # noqa: ANN401  # Flink's JSON
        return _ask("GET", f"{self._url}{path}")


def _ask(method: str, url: str, body: object = None) -> Any:  # noqa: ANN401  # Flink's JSON
    return _answered(method, url, body).json()


def _answered(method: str, url: str, body: object = None) -> requests.Response:
    with requests.Session() as session:
        # A proxy for the outside world has no business with this address.
        session.trust_env = False
        answer = session.request(method, url, json=body, timeout=10)
        answer.raise_for_status()
        return answer


def answer_of(url: str) -> tuple[dict[str, Any], str | None]:
    """Give what Flink's REST interface answers, and the date by its clock, if it tells."""
    answer = _answered("GET", url)
    return answer.json(), answer.headers.get("Date")


def flink_of(rest_url: str) -> str:
    """Give the version of the Flink that a cluster runs."""
    return str(_ask("GET", f"{rest_url}/config")["flink-version"])


def working_taskmanagers(rest_url: str) -> set[str]:
    """Name the TaskManagers that jobs run on which have not ended."""
    jobs = _ask("GET", f"{rest_url}/jobs/overview")["jobs"]
    going = (Job(rest_url, str(job["jid"])) for job in jobs if job["state"] not in ENDED)
    return {name for job in going for name in job.taskmanagers()}


def running_job(rest_url: str, name: str) -> Job | None:
    """Find the job of a name that runs on a cluster."""
    for job in _ask("GET", f"{rest_url}/jobs/overview")["jobs"]:
        if job["name"] == name and job["state"] in ("RUNNING", "CREATED", "RESTARTING", "FAILING"):
            return Job(rest_url, str(job["jid"]))
    return None
