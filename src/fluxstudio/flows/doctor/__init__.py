"""What is wrong with this installation, and the mend of each thing."""

from fluxstudio.flows.doctor.examination import examine
from fluxstudio.flows.doctor.finding import AREAS, Area, Finding, State, worst
from fluxstudio.flows.doctor.patient import Patient

__all__ = ["AREAS", "Area", "Finding", "Patient", "State", "examine", "worst"]
