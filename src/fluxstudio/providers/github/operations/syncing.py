"""Running a sync of design tokens, as an action of automations and a tool of agents."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fluxstudio.errors import NotFound
from fluxstudio.providers.github.declaration import github
from fluxstudio.providers.github.shapes import SyncedTokens
from fluxstudio.providers.github.webhooks.self_events import sync_changes
from fluxstudio.sdk import Api
from fluxstudio.sdk.markup import IDENTITY

SYNC_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


@github.operation(
    "POST",
    "token-syncs/run",
    scope="repo",
    local=True,
    makes_stale=("pulls", "commits", "branches"),
    changes=sync_changes,
)
async def sync_tokens(
    api: Api,
    sync: Annotated[
        str | None,
        Field(description="Id of the sync; may be left out where there is one.", pattern=SYNC_ID),
        IDENTITY,
    ] = None,
) -> SyncedTokens:
    """Run a sync of design tokens: compare Figma with the repository, and propose what is new.

    It writes nothing where nothing is new, and else has one branch and one pull request. Without any sync
    nothing happens.
    """
    if api.syncs is None:
        raise NotFound("There are no syncs here.")
    answer = await api.syncs.run(sync)
    return {
        "outcome": answer["outcome"],
        "url": answer["url"],
        "summary": answer["summary"],
        "changes": answer["changes"],
        "conflicts": answer["conflicts"],
        "proposal": answer["proposal"],
    }
