"""Questions over the API."""

from __future__ import annotations

from tests.support.running import Running


async def test_a_question_is_answered_with_its_sql_and_rows(running: Running) -> None:
    ada = await running.client()
    await running.connect(ada, "figma")
    answer = await ada.post("/api/mcp/query", json={"query": "How many connections do I have per provider?"})
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["results"] == [{"provider": "figma", "connection_count": 1}]
    assert body["columns"] == ["provider", "connection_count"]
    assert "ask.connections" in body["sql"]
    assert (body["rowCount"], body["source"], body["cached"]) == (1, "fluxstudio", False)


async def test_others_connections_are_not_counted(running: Running) -> None:  # R49
    ada, mei = await running.client(), await running.client("mei")
    await running.connect(mei, "figma")
    answer = await ada.post("/api/mcp/query", json={"query": "How many connections are there?"})
    assert answer.json()["results"] == [{"connection_count": 0}]


async def test_the_same_question_gets_the_kept_answer_until_it_is_cleared(running: Running) -> None:
    admin = await running.client("root", role="admin")
    body = {"query": "How many users are there?"}
    assert not (await admin.post("/api/mcp/query", json=body)).json()["cached"]
    assert (await admin.post("/api/mcp/query", json=body)).json()["cached"]
    assert (await admin.post("/api/mcp/cache/clear")).json()["success"]
    assert not (await admin.post("/api/mcp/query", json=body)).json()["cached"]


async def test_only_administrators_clear_answers(running: Running) -> None:
    ada = await running.client()
    assert (await ada.post("/api/mcp/cache/clear")).status_code == 403


async def test_what_is_not_understood_is_refused_with_what_would_work(running: Running) -> None:
    ada = await running.client()
    answer = await ada.post("/api/mcp/query", json={"query": "What is the meaning of life?"})
    assert answer.status_code == 400
    refusal = answer.json()
    assert refusal["code"] == "QUESTION_REFUSED"
    assert refusal["suggestions"]


async def test_thirty_questions_a_minute(running: Running) -> None:
    ada = await running.client()
    body = {"query": "How many events are there?"}
    for _ in range(30):
        assert (await ada.post("/api/mcp/query", json=body)).status_code == 200
    refused = await ada.post("/api/mcp/query", json=body)
    assert refused.status_code == 429
    assert refused.json()["code"] == "RATE_LIMITED"


async def test_nobody_asks_without_signing_in(running: Running) -> None:
    stranger = await running.client(None)
    assert (
        await stranger.post("/api/mcp/query", json={"query": "How many events are there?"})
    ).status_code == 401
