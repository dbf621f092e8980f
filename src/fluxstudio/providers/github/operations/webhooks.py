"""Webhooks: having GitHub tell us what happens in a repository, and what it could not tell.

Sources, all read 2026-11-22: docs.github.com “Repository webhooks”, “Handling failed webhook deliveries”
(GitHub sends nothing again by itself; what failed can be redelivered for three days) and the OpenAPI
document, by which the scope `repo` covers a repository's webhooks as well as `write:repo_hook` does.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal, cast

from pydantic import Field
from typing_extensions import TypedDict

from fluxstudio.errors import Forbidden, InvalidRequest, NotFound
from fluxstudio.providers.github.declaration import github
from fluxstudio.providers.github.operations.parameters import (
    REPOSITORY,
    Owner,
    Page,
    PageCursor,
    PerPage,
    Repo,
)
from fluxstudio.providers.github.paging import MAX_PAGE_SIZE, MOST_LISTED, one_page
from fluxstudio.providers.github.webhooks.self_events import hook_changes
from fluxstudio.providers.github.webhooks.webhook import moment_of
from fluxstudio.sdk import Api, MissedDelivery, PartialList, nothing_changed
from fluxstudio.sdk.payload import at

HOOKS = "/repos/{owner}/{repo}/hooks"
MOST_LOOKED_AT = 1000
# GitHub’s words for a second webhook for one address.
EXISTS = "already exists on this repository"

Event = Literal[
    "*",
    "commit_comment",
    "create",
    "delete",
    "fork",
    "issue_comment",
    "issues",
    "label",
    "member",
    "milestone",
    "public",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
    "release",
    "repository",
    "star",
    "status",
    "workflow_run",
]
USUAL: tuple[Event, ...] = ("issues", "issue_comment", "pull_request", "push")
HookId = Annotated[int, Field(alias="id", description="The number of the webhook.", ge=1, le=2**53)]


class HookConfig(TypedDict, total=False):
    """Where a webhook leads; its secret is never shown."""

    url: str
    content_type: str
    insecure_ssl: str | float


class LastResponse(TypedDict, total=False):
    """How the latest delivery was answered."""

    code: int | None
    status: str | None
    message: str | None


class Hook(TypedDict, total=False):
    """A webhook of a repository."""

    id: int
    name: str
    active: bool
    events: list[str]
    config: HookConfig
    created_at: str
    updated_at: str
    last_response: LastResponse


class RemovedHook(TypedDict):
    """What was removed."""

    id: int
    deleted: bool


class Redelivery(TypedDict):
    """What was asked to be sent again."""

    id: int
    delivery: int
    requested: bool


@github.operation("GET", f"{REPOSITORY}/hooks", scope="repo")
async def hooks(
    api: Api, owner: Owner, repo: Repo, per_page: PerPage = 30, page: Page = 1, cursor: PageCursor = None
) -> list[Hook]:
    """List the webhooks of a repository.

    Only people who administer the repository can see them.
    """
    entries = await one_page(api, HOOKS, owner=owner, repo=repo, per_page=per_page, page=page, cursor=cursor)
    return PartialList((_hook(hook) for hook in entries), entries.next_cursor)


@github.operation(
    "POST",
    f"{REPOSITORY}/hooks",
    scope="repo",
    status=201,
    limit="write",
    changes=hook_changes,
)
async def create_hook(
    api: Api,
    owner: Owner,
    repo: Repo,
    events: Annotated[
        list[Event] | None,
        Field(description="The events to receive; * for all.", min_length=1, max_length=30),
    ] = None,
) -> Hook:
    """Have GitHub tell us what happens in a repository.

    By default that is its issues, the comments on them, its pull requests and pushes. You have to administer
    the repository. A webhook that you have there already tells of these as well from then on. The secret that
    GitHub signs with is made here, for this webhook alone, and kept sealed.
    """
    secret = secrets.token_urlsafe(32)
    # GitHub refuses a second webhook for one address, also to somebody else ("Hook already exists on this
    # repository"). So each connection has an address of its own; it leads to the same place.
    endpoint = f"{api.public_url}/api/integrations/github/webhook?for={api.memory.mark}"
    event_types = list(events or USUAL)
    config = {"url": endpoint, "content_type": "json", "secret": secret, "insecure_ssl": "0"}
    body = {"name": "web", "active": True, "events": event_types, "config": config}
    try:
        hook = await api.post(HOOKS, owner=owner, repo=repo, json=body)
    except NotFound as error:
        raise await _not_administered(api, owner, repo) or error from None
    except InvalidRequest as error:
        earlier = await _made_earlier(api, owner, repo, endpoint) if EXISTS in error.message else None
        if earlier is None:
            raise
        event_types = list(dict.fromkeys([*earlier["events"], *event_types]))
        changed = {"active": True, "events": event_types, "config": config}
        hook = await api.patch(
            f"{HOOKS}/{{hook}}", owner=owner, repo=repo, hook=int(earlier["id"]), json=changed
        )
    details = {"owner": owner, "repo": repo, "events": event_types, "endpoint": endpoint}
    await api.memory.keep_webhook(str(int(hook["id"])), secret, details, signs=True)
    return _hook(hook)


@github.operation(
    "DELETE",
    f"{REPOSITORY}/hooks/{{id}}",
    scope="repo",
    limit="write",
    changes=hook_changes,
)
async def delete_hook(api: Api, owner: Owner, repo: Repo, hook: HookId) -> RemovedHook:
    """Remove a webhook from a repository."""
    try:
        await api.delete(f"{HOOKS}/{{hook}}", owner=owner, repo=repo, hook=hook)
    except NotFound:
        await api.memory.forget_webhook(str(hook))
        raise
    await api.memory.forget_webhook(str(hook))
    return {"id": hook, "deleted": True}


@github.operation("GET", f"{REPOSITORY}/hooks/{{id}}/missed", scope="repo", key="missed")
async def missed_deliveries(api: Api, owner: Owner, repo: Repo, hook: HookId) -> list[MissedDelivery]:
    """List the deliveries of the last three days that failed, newest first, each event once.

    One that was sent again since and has arrived may still be listed. A ping is not: it carries no event, and
    GitHub may send it before its answer has told us of the webhook.
    """
    failed = await api.pages(
        f"{HOOKS}/{{hook}}/deliveries",
        owner=owner,
        repo=repo,
        hook=hook,
        status="failure",
        per_page=100,
        most=MOST_LOOKED_AT,
    )
    latest: dict[str, MissedDelivery] = {}
    for entry in failed:
        if entry["event"] != "ping" and not 200 <= int(entry["status_code"]) < 300:
            latest.setdefault(str(entry["guid"]), _missed(entry))
    return list(latest.values())


@github.operation(
    "POST",
    f"{REPOSITORY}/hooks/{{id}}/redeliver",
    scope="repo",
    status=202,
    limit="write",
    # It comes under the id it had before, and starts nothing a second time.
    changes=nothing_changed,
)
async def redeliver(
    api: Api,
    owner: Owner,
    repo: Repo,
    hook: HookId,
    delivery: Annotated[int, Field(description="The number of the delivery.", ge=1, le=2**63 - 1)],
) -> Redelivery:
    """Have GitHub send a delivery again, under the id it had before."""
    await api.post(
        f"{HOOKS}/{{hook}}/deliveries/{{delivery}}/attempts",
        owner=owner,
        repo=repo,
        hook=hook,
        delivery=delivery,
    )
    return {"id": hook, "delivery": delivery, "requested": True}


async def _made_earlier(api: Api, owner: str, repo: str, endpoint: str) -> Any | None:
    """The webhook of the repository that sends to this address."""
    listed = await api.pages(HOOKS, owner=owner, repo=repo, per_page=MAX_PAGE_SIZE, most=MOST_LISTED)
    return next((hook for hook in listed if at(hook, "config", "url") == endpoint), None)


async def _not_administered(api: Api, owner: str, repo: str) -> Forbidden | None:
    """Whether the account sees a repository but does not administer it, which GitHub answers 404 as well."""
    try:
        repository = await api.ask("repository", owner=owner, repo=repo)
    except NotFound:
        return None
    if repository.get("permissions", {}).get("admin"):
        return None
    return Forbidden(
        f"{api.account.name} can see {owner}/{repo} but does not administer it, and GitHub lets only "
        "administrators add webhooks. Ask one of them, or choose another repository."
    )


def _missed(entry: Any) -> MissedDelivery:
    return {
        "id": str(entry["id"]),
        "key": str(entry["guid"]),
        "moment": moment_of(str(entry["guid"])),
        "eventType": str(entry["event"]),
        "status": f"{entry['status_code']} {entry['status']}"[:200],
        "deliveredAt": str(entry["delivered_at"]),
    }


def _hook(hook: Any) -> Hook:
    config = {name: value for name, value in hook["config"].items() if name != "secret"}
    return cast("Hook", {**hook, "config": config})
