"""What a process remembers of a call never outlives what it was true of, whichever process changed that."""

from __future__ import annotations

from uuid import UUID

import httpx2
import pytest

from fluxstudio.core.identity.token_reader import CLOCK_LEEWAY_SECONDS, TokenReader
from fluxstudio.core.secrets import api_secret
from fluxstudio.errors import InvalidToken
from tests.support.running import Running, Start

FILES = "/api/integrations/figma/files?teamId=1174201358246917205"


async def two_processes(start: Start) -> tuple[Running, Running]:
    """Two products over one database and the same simulated providers."""
    here = await start()
    return here, await start(simulators=here.simulators)


async def warm(*clients: httpx2.AsyncClient) -> httpx2.Response:
    """Call until every process answers from the cache, and remembers; the last answer."""
    for _ in range(2):
        answers = [await client.get(FILES) for client in clients]
    assert [answer.json()["cached"] for answer in answers] == [True] * len(clients)
    return answers[-1]


async def test_a_disconnect_counts_from_the_next_call_on_everywhere(start: Start) -> None:
    here, there = await two_processes(start)
    ada, ada_there = await here.client(), await there.client()
    await here.connect(ada, "figma")
    await warm(ada, ada_there)
    assert (await ada.delete("/api/integrations/figma")).status_code == 200
    for client in (ada_there, ada):
        assert (await client.get(FILES)).json()["code"] == "NOT_CONNECTED"


async def test_who_is_switched_off_is_out_with_the_next_call_everywhere(start: Start) -> None:
    here, there = await two_processes(start)
    ada, ada_there = await here.client(), await there.client()
    await here.connect(ada, "figma")
    await warm(ada, ada_there)
    await here.services.users.disable((await here.actor()).user_id)
    for client in (ada_there, ada):
        assert (await client.get(FILES)).status_code == 401


async def test_what_a_provider_told_anew_is_what_every_process_answers(start: Start) -> None:
    here, there = await two_processes(start)
    ada, ada_there = await here.client(), await there.client()
    connection = await here.connect(ada, "figma")
    before = await warm(ada, ada_there)
    grant = await here.grant_of(connection)
    await here.services.cache.outdate(grant["id"], ["figma.files"])
    here.simulators["figma"].faults.requests.clear()
    again = await ada.get(FILES)
    assert not again.json()["cached"]
    assert (await ada_there.get(FILES)).json()["cached"]
    await here.services.db.execute(
        "UPDATE provider_cache SET body = jsonb_set(body, '{teamId}', '\"changed\"'), fetched_at = now() "
        "WHERE grant_id = $1 AND operation = 'figma.files'",
        grant["id"],
    )
    assert before.json()["teamId"] != "changed"
    for client in (ada, ada_there):
        assert (await client.get(FILES)).json()["teamId"] == "changed"


async def test_another_account_never_gets_what_is_remembered_of_the_first(start: Start) -> None:
    here, _ = await two_processes(start)
    ada = await here.client()
    first = await here.connect(ada, "figma", choice="109441098221000101")
    await warm(ada)
    second = await here.connect(ada, "figma", choice="109441098221000103")
    assert (await ada.get(FILES)).json()["code"] == "CONNECTION_AMBIGUOUS"
    users = [(await ada.get(f"{FILES}&connection={which}")).json()["user"] for which in (first, second)]
    assert users[0] != users[1]
    assert UUID(first) != UUID(second)


async def test_a_token_that_was_good_is_not_good_for_longer_than_it_says(start: Start) -> None:
    here = await start()
    moment = [here.services.clock.now()]
    reader = TokenReader(api_secret(here.services.settings), lambda: moment[0])
    token = here.token(exp=int(moment[0]) + 60)
    assert [reader.read(token).subject for _ in range(2)] == ["ada", "ada"]
    moment[0] += 60 + CLOCK_LEEWAY_SECONDS + 1
    with pytest.raises(InvalidToken):
        reader.read(token)
