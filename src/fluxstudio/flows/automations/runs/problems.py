"""Why a run came to nothing, and what mends it: `{code, message, mend}`, in words for the rule's owner."""

from __future__ import annotations

from collections.abc import Mapping

from fluxstudio.core.automations.bindings import BoundConnection
from fluxstudio.errors import FluxStudioError
from fluxstudio.flows.automations.rules.arguments import WrongArguments
from fluxstudio.sdk import Provider

EDIT = "Edit the automation, then run it again."
MENDS: Mapping[str, str] = {
    "NOT_CONNECTED": "Connect {provider} in Settings → Integrations, then run it again.",
    "REAUTHORIZATION_REQUIRED": "Reconnect {provider} in Settings → Integrations.",
    "SCOPE_MISSING": "Choose Grant access for {provider} in Settings → Integrations.",
    "CONNECTION_AMBIGUOUS": "Edit the automation and say which {provider} connection it uses.",
    "NOT_FOUND": "Edit the automation: what it names in {provider} is not there, or not yours to see.",
    "FORBIDDEN": "See to it that your {provider} account may do this, or let it do something else.",
    "PROVIDER_UNAVAILABLE": "Look whether {provider} works again.",
    "PROVIDER_RATE_LIMITED": "Let it run less often: narrow its conditions, or lower its limit.",
    "PROVIDER_NOT_CONFIGURED": "Ask an administrator to set up {provider}.",
}


def problem_of(error: FluxStudioError | WrongArguments, provider: str) -> Mapping[str, str]:
    """The problem that an error is for a rule which does something at that provider."""
    if isinstance(error, WrongArguments):
        message = f"Its arguments could not be made of this event. {error}."
        return {"code": "ARGUMENTS", "message": message, "mend": EDIT}
    fields = error.details.get("fields") or {}
    problems = "; ".join(f"{name}: {what}" for name, what in fields.items())
    return {
        "code": error.code,
        "message": f"{error.message} ({problems})" if problems else error.message,
        "mend": MENDS.get(error.code, EDIT).format(provider=provider),
    }


def skipped(code: str, message: str) -> Mapping[str, str]:
    """Why a run was not carried out, where nothing has to be mended."""
    return {"code": code, "message": message, "mend": "Nothing has to be done."}


def disconnected(provider: Provider, bound: BoundConnection | None) -> Mapping[str, str]:
    """The account that a rule acts through was disconnected; no other takes its place."""
    account = provider.name if bound is None else f"{bound.account} in {provider.name}"
    return {
        "code": "NOT_CONNECTED",
        "message": f"{account} is disconnected, and this automation uses no other account.",
        "mend": "Reconnect it in Settings → Integrations, or edit the automation and choose another account.",
    }


def unbound(provider: Provider) -> Mapping[str, str]:
    """Nobody has chosen through which account a rule acts."""
    return {
        "code": "CONNECTION_NOT_CHOSEN",
        "message": f"Nobody has chosen which {provider.name} {provider.identity.noun} this automation uses.",
        "mend": "Edit the automation and choose one; it works from the next time on.",
    }


def too_expensive(error: FluxStudioError) -> Mapping[str, str]:
    """A rule that takes more to work out than it may."""
    return {"code": "TOO_EXPENSIVE", "message": error.message, "mend": EDIT}


def unforeseen(message: str) -> Mapping[str, str]:
    """Something that is our own fault."""
    return {"code": "INTERNAL", "message": message, "mend": "Tell an administrator; the log has more."}
