"""What we do comes back as an event; no rule may start itself by it, be it through others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxstudio.core.automations.runs import ClaimedRun, Runs
from fluxstudio.core.jobs.queue import Retry
from fluxstudio.core.services import Services

MAX_CHAIN_LENGTH = 4
# Seconds until those under way have said what they made.
LOOK_AGAIN_SECONDS = 1.0


class SkippedSelfEvent(Exception):
    """The event is what a rule has caused itself; `problem` says so."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.problem: Mapping[str, str] = {"code": "OWN_ECHO", "message": message, "mend": mend}


async def look_behind(services: Services, run: ClaimedRun, event: Mapping[str, Any]) -> None:
    """Find out whether another run caused the event that starts this one, and remember it.

    Raises `SkippedSelfEvent` where the same rule stands further up in the chain, or the chain grows too long,
    and `Retry` while a run that may be the cause has not yet come to its end.
    """
    hook = services.registry.get(event["provider"]).provider.webhooks
    if hook is None:
        return
    fields = (event["event_type"], event["payload"])
    names = [f"{event['provider']} {name}" for name in hook.self_events.event_subjects(*fields)]
    if not names:
        return
    # Somebody else's change of what we have changed is not ours.
    actor = hook.self_events.actor(*fields)
    runs = Runs(services.db)
    cause = await runs.cause(names, actor, event["provider"])
    # Where an event says that it was us, there is nothing to wait for: such ones start nothing.
    if cause is None and hook.self_events.ours is None:
        if await runs.causes_under_way(run.id, event["received_at"], event["provider"], actor):
            await runs.put_off(run.id, None, count_attempt=False)
            raise Retry(LOOK_AGAIN_SECONDS, "another run may have caused this event")
        # One may have come to its end between the two looks.
        cause = await runs.cause(names, actor, event["provider"])
    if cause is None:
        return
    await runs.set_cause(run.id, cause)
    if await runs.chain_has(cause.id, run.automation_id):
        raise SkippedSelfEvent(
            "This automation caused the event itself, so it does not run again.",
            "Nothing has to be done.",
        )
    if cause.depth + 1 > MAX_CHAIN_LENGTH:
        raise SkippedSelfEvent(
            f"More than {MAX_CHAIN_LENGTH} automations started one another; the chain ends here.",
            "Look at which of them start one another, and narrow their conditions.",
        )
