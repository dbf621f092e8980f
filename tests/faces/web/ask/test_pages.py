"""The page of questions, without JavaScript."""

from __future__ import annotations

import html
import re
from contextlib import aclosing

import httpx2

from tests.support.model_server import model_server, written
from tests.support.running import Running


async def signed_in(running: Running) -> httpx2.AsyncClient:
    """Somebody in a browser."""
    client = await running.client()
    assert (await client.post("/api/session")).status_code < 300
    browser = await running.client(None)
    browser.cookies = client.cookies
    return browser


async def test_a_question_in_the_address_is_answered_on_the_page(running: Running) -> None:
    ada = await signed_in(running)
    page = await ada.get("/ask", params={"q": "Number of events per provider"})
    assert page.status_code == 200
    assert "Number of events, for each provider." in page.text
    assert "ask.events" in page.text


async def test_a_refusal_says_what_would_work(running: Running) -> None:
    ada = await signed_in(running)
    page = await ada.get("/ask", params={"q": "How many employees are on holiday?"})
    assert page.status_code == 400
    assert "Nothing here is called" in page.text


async def test_a_reading_is_chosen_by_a_press(running: Running) -> None:
    ada = await signed_in(running)
    page = (await ada.get("/ask", params={"q": "events that were not processed this week"})).text
    handled, received = re.findall(r'class="ask-reading" href="([^"]+)">([^<]+)<', page)
    assert "received this week and not handled" in received[1]
    answer = await ada.get(html.unescape(received[0]))
    assert answer.status_code == 200
    assert "Events received this week and not handled." in answer.text
    csv = re.search(r'href="(/ask/answer.csv[^"]+)"', answer.text)
    assert csv
    assert "reading=" in csv[1]
    assert (await ada.get(html.unescape(csv[1]))).status_code == 200
    assert handled[0] != received[0]


async def test_what_was_asked_is_listed(running: Running) -> None:
    ada = await signed_in(running)
    await ada.get("/ask", params={"q": "How many events are there?"})
    assert "How many events are there?" in (await ada.get("/ask")).text


async def test_rows_are_downloaded_as_csv(running: Running) -> None:
    ada = await signed_in(running)
    answer = await ada.get("/ask/answer.csv", params={"q": "How many connections are there?"})
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.text == "connection_count\r\n0\r\n"


async def test_a_short_question_goes_on_from_the_one_before(running: Running) -> None:
    ada = await signed_in(running)
    page = await ada.get(
        "/ask", params={"q": "and last month?", "after": "How many events were there last week?"}
    )
    assert page.status_code == 200
    assert "last month" in page.text


async def test_strangers_are_sent_to_sign_in(running: Running) -> None:
    stranger = await running.client(None)
    assert (await stranger.get("/ask", params={"q": "How many events are there?"})).status_code in (303, 401)


async def test_the_page_says_where_a_language_model_wrote_the_sql(running: Running) -> None:
    ada = await signed_in(running)
    reply = written("SELECT c.provider FROM ask.connections AS c", "Mine, by <b>provider</b>.")
    async with model_server(reply) as server, aclosing(server.model()) as model:
        running.services.ask.model = model
        page = await ada.get("/ask", params={"q": "Is anything gone awry with the stuff of my pals?"})
    assert "a language model wrote the SQL" in page.text
    assert "Mine, by &lt;b&gt;provider&lt;/b&gt;." in page.text
