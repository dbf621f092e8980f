"""What tests of other products get: the fixture `simulators`.

It is registered when the package is installed. `simulators["slack"].urls["web"]` is where the simulated Slack
is, `.client_id` and `.client_secret` are its app's, and `.control(…)` makes it fail, expire and send.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fluxstudio.simulators import catalog
from fluxstudio.simulators.running import RunningSimulators, running

SEED_OPTION = "simulators_seed"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`simulators_seed` in the configuration: a file with data of one's own, from the root folder on."""
    parser.addini(SEED_OPTION, "a JSON file with data of your own for the simulated providers", default="")


@pytest.fixture(scope="session")
def running_simulators(pytestconfig: pytest.Config) -> Iterator[RunningSimulators]:
    """The simulated providers, served while tests run."""
    file = str(pytestconfig.getini(SEED_OPTION))
    seeds = catalog.read_seeds(Path(pytestconfig.rootpath) / file) if file else None
    with running(seeds=seeds) as simulators:
        yield simulators


@pytest.fixture
def simulators(running_simulators: RunningSimulators) -> RunningSimulators:
    """The simulated providers in their first state."""
    running_simulators.reset()
    return running_simulators
