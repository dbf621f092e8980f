"""The simulated Figma, Slack and GitHub for the tests of other products: `fluxstudio-simulators`.

`running()` serves them in a thread; `pytest_plugin` gives tests a fixture of them, `__main__` a command. None
of it needs a database or knows the product.
"""

from fluxstudio.simulators.running import RunningSimulator, RunningSimulators, running

__all__ = ["RunningSimulator", "RunningSimulators", "running"]
