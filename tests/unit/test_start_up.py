"""What the author's commands load: they must answer at once, so no client library and no Flink."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("pyflink", "kafka", "aiohttp", "aiosmtplib", "aiosmtpd", "requests", "py4j")


def test_the_authors_verbs_load_no_client_library_and_no_flink() -> None:
    code = f"""
import sys
import jobs.cli.app, jobs.cli.author, jobs.cli.graph, jobs.cli.plan
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
