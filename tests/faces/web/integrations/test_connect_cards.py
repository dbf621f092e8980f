"""A connect that was not finished never stands in the way of the next one."""

from __future__ import annotations

import httpx2

from tests.support.running import Running

HOME = "/settings/integrations"


async def card(client: httpx2.AsyncClient) -> str:
    page = await client.get(f"{HOME}/linear/card")
    assert page.status_code == 200, page.text
    return page.text


async def signed_in(product: Running) -> httpx2.AsyncClient:
    client = await product.client("ada")
    await client.post("/api/session")
    return client


async def test_a_connect_can_be_started_again_at_once(product: Running) -> None:
    client = await signed_in(product)
    await product.begin(client, "linear")
    assert "Start again" in await card(client)


async def test_a_connect_that_was_abandoned_leaves_the_card_as_it_was_before(product: Running) -> None:
    client = await signed_in(product)
    await product.begin(client, "linear")
    await product.services.db.execute("UPDATE connect_attempts SET started_at = now() - interval '3 minutes'")
    shown = await card(client)
    assert "Connect Linear" in shown
    assert "Connecting Linear" not in shown


async def test_another_account_can_be_added_while_one_is_still_connecting(product: Running) -> None:
    client = await signed_in(product)
    await product.connect(client, "linear")
    await product.begin(client, "linear")
    shown = await card(client)
    assert "Connecting Linear" in shown
    assert "Add another" in shown


async def test_a_connect_that_a_person_cancelled_has_not_failed(product: Running) -> None:
    client = await signed_in(product)
    away = await product.begin(client, "linear")
    await client.get(await product.decide(away, decision="deny"))
    shown = await card(client)
    assert "Cancelled" in shown
    assert "Failed" not in shown
