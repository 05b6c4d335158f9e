"""What the files below `docker/` say: images, services, the operator's manifests."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from connectors.embedded.flink_settings import cluster_settings, metrics_settings
from tests.harness.monitoring import DOCKER

ROOT = DOCKER.parent
DOCKERFILE = (DOCKER / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
KUBERNETES = DOCKER / "kubernetes"
DEPLOYMENTS = ("journeys", "reporting")
SCHEMA: dict[str, Any] = json.loads(
    (ROOT / "tests" / "harness" / "flink_deployment.json").read_text(encoding="utf-8")
)
METRICS_PORT = 9250


def compose() -> dict[str, Any]:
    return read("compose.yaml")


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DOCKER / name).read_text(encoding="utf-8"))
    return found


def deployment(name: str) -> dict[str, Any]:
    return read(f"kubernetes/{name}.yaml")


def compose_settings() -> dict[str, str]:
    """Give Flink's settings in containers, by name."""
    text = compose()["x-flink"]["environment"]["FLINK_PROPERTIES"]
    return dict(line.split(": ", 1) for line in text.splitlines())


def local_settings() -> dict[str, str]:
    """Give Flink's settings of the local cluster, which the tests run on."""
    found = cluster_settings(8081, 6123, 1) | metrics_settings(METRICS_PORT)
    return {name: str(value) for name, value in found.items()}


def stages() -> dict[str, str]:
    """Give the stages of the Dockerfile by name, with the image that each begins with."""
    found = re.findall(r"^FROM (\S+) AS (\w+)$", DOCKERFILE, re.MULTILINE)
    return {name: image for image, name in found}


def argument(name: str) -> str:
    """Give the default of a build argument."""
    (value,) = re.findall(rf"^ARG {name}=(.+)$", DOCKERFILE, re.MULTILINE)
    return str(value)


def copied() -> list[str]:
    """Name what is copied from the repository."""
    lines: list[str] = re.findall(r"^COPY ((?!--from).+)$", DOCKERFILE, re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


def locked(package: str) -> str:
    """Give the locked version of a Python package."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    (version,) = re.findall(rf"^{package}==(\S+)", text, re.MULTILINE)
    return str(version)


def megabytes(size: str) -> int:
    return int(size.removesuffix("m"))
