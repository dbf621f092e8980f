"""What is wrong with this installation, and the mend of each thing."""

from fluxstudio.flows.doctor.context import Context
from fluxstudio.flows.doctor.finding import AREAS, Area, Finding, State, worst
from fluxstudio.flows.doctor.run_checks import examine

__all__ = ["AREAS", "Area", "Finding", "Context", "State", "examine", "worst"]
