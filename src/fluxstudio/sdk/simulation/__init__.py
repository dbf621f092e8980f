"""What a provider's simulator is built from."""

from fluxstudio.sdk.simulation.budgets import Budgets, Spent
from fluxstudio.sdk.simulation.consent import message_page, pages
from fluxstudio.sdk.simulation.deliveries import Deliveries, Letter, Trouble
from fluxstudio.sdk.simulation.faults import Fault
from fluxstudio.sdk.simulation.grants import Refused
from fluxstudio.sdk.simulation.server import simulation
from fluxstudio.sdk.simulation.simulator import Ask, Choice, Simulator

__all__ = [
    "Ask",
    "Budgets",
    "Choice",
    "Deliveries",
    "Fault",
    "Letter",
    "Refused",
    "Simulator",
    "Spent",
    "Trouble",
    "message_page",
    "pages",
    "simulation",
]
