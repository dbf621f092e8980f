"""The list of agents, a new one, and one by itself."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from fluxstudio.core.agents.agents import READS, WRITES, AgentGrant, AgentLine, Agents, Mode
from fluxstudio.core.agents.approvals import Approvals
from fluxstudio.core.agents.calls import AgentCalls
from fluxstudio.errors import InvalidRequest, NotFound
from fluxstudio.faces.web.agents.presenter import (
    HOW,
    call_row,
    card,
    level_fields,
    level_of,
    levels_in,
    row,
    state_of,
    title_of,
)
from fluxstudio.faces.web.agents.views import AgentPage, AgentsPage, NewAgentPage, TokenPage
from fluxstudio.faces.web.components.views import BannerView, HeadView, LinkView
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors
from fluxstudio.faces.web.shell.paths import AGENTS
from fluxstudio.faces.web.shell.visit import Visit
from fluxstudio.flows.agents import notice, service
from fluxstudio.flows.agents.consent import LEVELS

router = APIRouter(include_in_schema=False)

LIVES = (("30", "30 days"), ("90", "90 days"), ("365", "1 year"), ("", "Until you end it"))
CALLS = 50
DONE = {
    "changed": "Saved. It counts from the agent’s next call.",
    "ended": "The agent is ended. Nothing it asked for will be sent.",
    "notice": "Saved. Requests are sent there as well.",
    "resumed": "Your API tokens can call tools again.",
}
MAX_AGENT_FORM_FIELDS = 200


@router.get(AGENTS)
async def agents(request: Request) -> Response:
    """The agents of a user, with what waits for them."""
    visit = await Visit.of(request)
    stored = await Approvals(visit.services.db).notice(visit.actor.user_id)
    return await _listing(visit, (str(stored.connection_id), stored.channel) if stored else ("", ""))


async def _listing(visit: Visit, asked_in: tuple[str, str], errors: FormErrors = NO_ERRORS) -> Response:
    """The page; `asked_in` is the connection and the channel that the user wants to be asked in as well."""
    services, user = visit.services, visit.actor.user_id
    connections = await services.connections.of_user(user)
    waiting = await Approvals(services.db).listing(user, status="waiting")
    page = AgentsPage(
        head=HeadView(
            title="Agents",
            sentence="AI agents and scripts that act in your accounts, within what you allow.",
            action=LinkView(label="Add an agent", href=f"{AGENTS}/new", icon="plus"),
        ),
        approvals=tuple(card(services.registry, connections, entry) for entry in waiting),
        rows=tuple(row(line) for line in await Agents(services.db).listing(user)),
        address=f"{services.settings.base_url}/mcp",
        new=LinkView(label="Add an agent", href=f"{AGENTS}/new", icon="plus"),
        senders=tuple((await notice.senders(services, user)).items()),
        sender=asked_in[0],
        channel=asked_in[1],
        errors=errors,
    )
    return await visit.page(page, banners=_outcome(visit), status=errors.status)


def _outcome(visit: Visit) -> list[BannerView]:
    done = DONE.get(visit.request.query_params.get("done", ""))
    return [BannerView(tone="good", title=done)] if done else []


@router.post(f"{AGENTS}/notice")
async def choose_notice(request: Request) -> Response:
    """Where the user wants to be asked as well."""
    visit = await Visit.of(request)
    fields = await visit.form()
    connection, channel = fields.get("connection", ""), fields.get("channel", "")
    try:
        await notice.choose(visit.services, visit.actor, connection, channel)
    except InvalidRequest as error:
        return await _listing(visit, (connection, channel), FormErrors.of(error, {"connection", "channel"}))
    return await visit.go(f"{AGENTS}?done=notice")


@router.get(f"{AGENTS}/new")
async def new(request: Request) -> Response:
    """The form for a new agent."""
    return await _form(await Visit.of(request))


async def _form(visit: Visit, name: str = "", errors: FormErrors = NO_ERRORS) -> Response:
    services = visit.services
    connections = await services.connections.of_user(visit.actor.user_id)
    page = NewAgentPage(
        head=HeadView(
            title="Add an agent",
            sentence="It gets a token. Programs that can sign in need none: give them the server address.",
            parent=LinkView(label="Agents", href=AGENTS),
        ),
        levels=level_fields(services.registry, connections, {}, "ask"),
        lives=LIVES,
        name=name,
        errors=errors,
    )
    return await visit.page(page, status=errors.status)


@router.post(f"{AGENTS}/new")
async def make(request: Request) -> Response:
    """Make an agent; its token is shown once."""
    visit = await Visit.of(request)
    fields = await visit.form(MAX_AGENT_FORM_FIELDS)
    name = fields.get("name", "").strip()
    if not 0 < len(name) <= 120 or "\x00" in name:
        return await _form(visit, name[:120], FormErrors({"name": "Give it a name."}))
    days = fields.get("lives", "")
    wish = service.Wish(
        name=name,
        connections=[],
        grants=_grants(levels_in(fields)),
        expires_in=timedelta(days=int(days)) if days and days in dict(LIVES) else None,
    )
    try:
        agent_id, token = await service.make(visit.services, visit.actor, wish)
    except InvalidRequest as error:
        return await _form(visit, name, FormErrors.of(error, {"name"}))
    page = TokenPage(
        head=HeadView(title=name, sentence="Copy the token now. It is shown only once."),
        token=token or "",
        address=f"{visit.services.settings.base_url}/mcp",
        back=LinkView(label="Done", href=f"{AGENTS}/{agent_id}"),
    )
    return await visit.page(page)


def _grants(levels: dict[str, str]) -> list[tuple[str, str, Mode]]:
    return [
        (connection, tool, mode)
        for connection, level in levels.items()
        for tool, mode in zip((READS, WRITES), LEVELS[level], strict=True)
    ]


async def _agent_of(visit: Visit, which: str) -> AgentLine:
    try:
        return await Agents(visit.services.db).one(visit.actor.user_id, UUID(which))
    except ValueError:
        raise NotFound("You have no agent with this id.") from None


@router.get(AGENTS + "/{which}")
async def agent(request: Request, which: str) -> Response:
    """What one agent may do, and what it did."""
    visit = await Visit.of(request)
    line = await _agent_of(visit, which)
    services, user = visit.services, visit.actor.user_id
    registry = services.registry
    connections = await services.connections.of_user(user)
    grants = await Agents(services.db).grants(user, line.id)
    waiting = await Approvals(services.db).listing(user, status="waiting", agent_id=line.id)
    before = request.query_params.get("before", "")
    calls = await AgentCalls(services.db).page(
        user, line.id, before=int(before) if before.isdecimal() and len(before) < 19 else None, limit=CALLS
    )
    path = f"{AGENTS}/{line.id}"
    chosen = {entry.id: level_of(line, grants, entry.id) for entry in connections}
    page = AgentPage(
        head=HeadView(title=line.name, parent=LinkView(label="Agents", href=AGENTS)),
        path=path,
        state=state_of(line),
        facts=_facts(line),
        levels=level_fields(registry, connections, chosen, "none"),
        special=tuple(
            f"{title_of(registry, grant.tool)}: {grant.mode}"
            for grant in grants
            if grant.tool not in (READS, WRITES)
        ),
        asks_crossing=line.crossing == "ask",
        calls_per_minute=line.calls_per_minute,
        writes_per_day=line.writes_per_day,
        approvals=tuple(card(registry, connections, entry) for entry in waiting),
        calls=tuple(call_row(registry, connections, entry) for entry in calls),
        more_href=f"{path}?before={calls[-1].number}" if len(calls) == CALLS else None,
        works=line.ended_at is None,
        may_resume=line.kind == "api" and line.ended_at is not None,
    )
    return await visit.page(page, banners=_outcome(visit))


def _facts(line: AgentLine) -> tuple[tuple[str, str], ...]:
    day = "%-d %B %Y"
    facts = [("Signs in with", HOW[line.kind]), ("Added", line.created_at.strftime(day))]
    if line.client_id:
        facts.append(("Program", line.client_id[:200]))
    if line.expires_at:
        facts.append(("Token expires", line.expires_at.strftime(day)))
    return tuple(facts)


@router.post(AGENTS + "/{which}")
async def change(request: Request, which: str) -> Response:
    """Change what an agent may do; rules for single tools stay."""
    visit = await Visit.of(request)
    fields = await visit.form(MAX_AGENT_FORM_FIELDS)
    line = await _agent_of(visit, which)
    store = Agents(visit.services.db)
    existing_grants = [
        grant
        for grant in await store.grants(visit.actor.user_id, line.id)
        if _stays(grant, levels_in(fields))
    ]
    wanted = [
        *_grants(levels_in(fields)),
        *((str(grant.connection_id), grant.tool, grant.mode) for grant in existing_grants),
    ]
    changes = {"crossing": "ask" if fields.get("crossing") else "allow"}
    await service.change(visit.services, visit.actor, line.id, changes, wanted)
    return await visit.go(f"{AGENTS}/{line.id}?done=changed")


def _stays(grant: AgentGrant, levels: dict[str, str]) -> bool:
    """Whether a form leaves a grant as it is: one of a single tool, or of a connection it does not name."""
    return grant.tool not in (READS, WRITES) or str(grant.connection_id) not in levels


@router.post(AGENTS + "/{which}/end")
async def end(request: Request, which: str) -> Response:
    """End an agent at once."""
    visit = await Visit.of(request)
    await visit.form()
    line = await _agent_of(visit, which)
    await service.finish(visit.services, visit.actor, line.id)
    return await visit.go(f"{AGENTS}/{line.id}?done=ended")


@router.post(AGENTS + "/{which}/resume")
async def resume(request: Request, which: str) -> Response:
    """Let API tokens call tools again."""
    visit = await Visit.of(request)
    await visit.form()
    line = await _agent_of(visit, which)
    await service.resume(visit.services, visit.actor, line.id)
    return await visit.go(f"{AGENTS}/{line.id}?done=resumed")
