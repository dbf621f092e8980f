"""What a provider's simulator is built from."""

from fluxstudio.sdk.simulation.budgets import Budgets, Spent
from fluxstudio.sdk.simulation.consent import message_page, pages
from fluxstudio.sdk.simulation.faults import Fault
from fluxstudio.sdk.simulation.grants import Refused
from fluxstudio.sdk.simulation.server import simulation
from fluxstudio.sdk.simulation.simulator import Ask, Choice, Simulator

__all__ = [
    "Ask",
    "Budgets",
    "Choice",
    "Fault",
    "Refused",
    "Simulator",
    "Spent",
    "message_page",
    "pages",
    "simulation",
]
