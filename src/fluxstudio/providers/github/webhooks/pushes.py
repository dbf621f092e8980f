"""What a push of GitHub's says: which branch of which repository got commits.

Source: docs.github.com “Webhook events and payloads”, push.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fluxstudio.sdk import PushedBranch
from fluxstudio.sdk.payload import text_at

BRANCHES = "refs/heads/"


def pushed(event_type: str, payload: Mapping[str, Any]) -> PushedBranch | None:
    """The branch that got commits; None for tags, for branches that are gone, and for other events."""
    ref, repository = text_at(payload, "ref"), text_at(payload, "repository", "full_name")
    if event_type != "push" or not ref.startswith(BRANCHES) or not repository or payload.get("deleted"):
        return None
    branch = ref.removeprefix(BRANCHES)
    return PushedBranch(repository, branch, branch == text_at(payload, "repository", "default_branch"))
