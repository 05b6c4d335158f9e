"""Looking for a secret in all that a running project leaves and shows."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote, quote_plus
from urllib.request import urlopen

Found = tuple[str, bytes]
"""A place, and what lies there."""
_LEFT_OUT = (".jar", ".index", ".timeindex")
"""Programs, and Kafka's tables of offsets: large, and nothing but numbers."""

_BELOW = {
    "": "config overview jobs jobs/overview jobs/metrics taskmanagers taskmanagers/metrics jars "
    "datasets jobmanager/config jobmanager/environment jobmanager/logs jobmanager/log "
    "jobmanager/stdout jobmanager/metrics jobmanager/thread-dump",
    "jobs": ". config checkpoints checkpoints/config exceptions plan metrics execution-result "
    "accumulators?includeSerializedValue=true jobmanager/config jobmanager/environment "
    "resource-requirements",
    "vertices": ". accumulators metrics subtasks/accumulators subtasks/metrics subtasktimes "
    "taskmanagers watermarks backpressure",
    "taskmanagers": ". logs log stdout metrics thread-dump",
}
"""Pages of the cluster, of each job, of each of its operators, and of each worker."""


def files(folder: Path) -> list[Found]:
    """Read every file below a folder: topics, logs, state, settings; not the programs."""
    return [
        (file.name, file.read_bytes())
        for file in folder.rglob("*")
        if file.is_file() and not file.is_symlink() and file.suffix not in _LEFT_OUT
    ]


def pages(rest_url: str) -> list[Found]:
    """Read all that Flink's web interface answers: of the cluster, and of each job and process."""
    return list(_pages(rest_url))


def _pages(rest_url: str) -> Iterator[Found]:
    jobs = json.loads(_page(f"{rest_url}/jobs"))["jobs"]
    workers = json.loads(_page(f"{rest_url}/taskmanagers"))["taskmanagers"]
    roots = {"": [rest_url], "jobs": [f"{rest_url}/jobs/{job['id']}" for job in jobs]}
    roots["vertices"] = [
        f"{job}/vertices/{vertex['id']}"
        for job in roots["jobs"]
        for vertex in json.loads(_page(job))["vertices"]
    ]
    roots["taskmanagers"] = [f"{rest_url}/taskmanagers/{worker['id']}" for worker in workers]
    for kind, names in _BELOW.items():
        for root in roots[kind]:
            for name in names.split():
                yield f"{root}/{name}", _page(f"{root}/{name}".removesuffix("/."))


def _page(url: str) -> bytes:
    try:
        with urlopen(url) as answer:
            return bytes(answer.read())
    except HTTPError as refused:
        return refused.read()


def spilled(places: Iterable[Found], secret: str) -> list[tuple[str, str]]:
    """Name the places that tell a secret, and how: plain, in a URL, in JSON, or in base64."""
    forms = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    forms |= {json.dumps(secret)[1:-1], secret.replace("/", "\\/")}
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret.encode()).decode()
        inner = encoded[4 : len(encoded) // 4 * 4 - 4]
        forms |= {inner, inner.translate(str.maketrans("+/", "-_"))}
    return [(place, form) for place, octets in places for form in forms if form.encode() in octets]
