"""What a provider's simulator is built from."""

from fluxstudio.sdk.simulation.budgets import Budgets, BudgetStatus
from fluxstudio.sdk.simulation.consent import message_page, pages
from fluxstudio.sdk.simulation.deliveries import DeliveryFault, OutgoingWebhook, WebhookSender
from fluxstudio.sdk.simulation.faults import Fault
from fluxstudio.sdk.simulation.grants import GrantRefused
from fluxstudio.sdk.simulation.ports import AccountChoice, ConsentRequest
from fluxstudio.sdk.simulation.server import simulation
from fluxstudio.sdk.simulation.simulator import Simulator

__all__ = [
    "ConsentRequest",
    "Budgets",
    "AccountChoice",
    "WebhookSender",
    "Fault",
    "OutgoingWebhook",
    "GrantRefused",
    "Simulator",
    "BudgetStatus",
    "DeliveryFault",
    "message_page",
    "pages",
    "simulation",
]
