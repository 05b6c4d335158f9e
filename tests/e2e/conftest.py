from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.rig import Rig


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let those on the shared rig come last: each worker of pytest has one stack at a time."""
    items.sort(key=lambda item: "probe" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    rig = Rig(tmp_path_factory.mktemp("rig"), whole=True)
    try:
        rig.start()
        yield rig
    finally:
        rig.take_over()
        rig.stop()


@pytest.fixture
def rig(probe: Rig) -> Rig:
    """Give the rig that many modules share; others have started rigs of their own since."""
    probe.take_over()
    return probe
