"""Administrators say where the product tells what happens; nobody else does, and no address leads inside."""

from __future__ import annotations

from typing import Any

import pytest

from fluxstudio.flows.endpoints.service import url_problem
from fluxstudio.settings import Settings
from tests.support.running import Running

ENDPOINTS = "/api/endpoints"
PUBLIC = {"url": "https://app.example/webhooks"}


async def test_an_endpoint_is_made_changed_and_deleted_and_its_secret_shown_once(product: Running) -> None:
    admin = await product.client("root", role="admin")
    made = await admin.post(ENDPOINTS, json={**PUBLIC, "types": ["run.failed"], "description": "Ops"})
    assert made.status_code == 201, made.text
    assert made.json()["secret"].startswith("whsec_")
    path = f"{ENDPOINTS}/{made.json()['id']}"
    changed = await admin.patch(path, json={"url": "https://app.example/new", "status": "disabled"})
    assert (changed.json()["url"], changed.json()["disabledReason"]) == (
        "https://app.example/new",
        "switched_off",
    )
    assert changed.json()["types"] == ["run.failed"]
    listed = await admin.get(ENDPOINTS)
    assert [entry["id"] for entry in listed.json()["endpoints"]] == [made.json()["id"]]
    assert "whsec_" not in listed.text + changed.text
    assert (await admin.get(f"{path}/deliveries")).json() == {
        "deliveries": [],
        "hasMore": False,
        "nextCursor": None,
    }
    assert (await admin.delete(path)).status_code == 204
    assert (await admin.get(path)).status_code == 404
    actions = {entry["action"] for entry in (await admin.get("/api/audit")).json()["entries"]}
    assert {"endpoint-add", "endpoint-change", "endpoint-remove"} <= actions


async def test_only_administrators_see_or_change_endpoints(product: Running) -> None:  # R26
    admin, ada = await product.client("root", role="admin"), await product.client("ada")
    made = (await admin.post(ENDPOINTS, json=PUBLIC)).json()["id"]
    one = f"{ENDPOINTS}/{made}"
    for method, path in (
        ("GET", ENDPOINTS),
        ("POST", ENDPOINTS),
        ("GET", one),
        ("PATCH", one),
        ("DELETE", one),
        ("POST", f"{one}/rotate-secret"),
        ("GET", f"{one}/deliveries"),
        ("POST", f"{one}/deliveries/1/resend"),
        ("POST", f"{one}/resend"),
    ):
        answer = await ada.request(method, path, json=PUBLIC if method == "POST" else {})
        assert (answer.status_code, answer.json()["code"]) == (403, "ADMIN_REQUIRED"), (method, path)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data",
        "http://2130706433/",
        "http://127.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://[fd00::1]/",
        "http://user:password@app.example/",
        "https://app.example/#part",
        "ftp://app.example/",
        "javascript:alert(1)",
        "https://",
        "https://app.example/\u0000",
        "https://app.example/" + "x" * 2000,
        "",
        None,
        7,
    ],
)
async def test_an_address_that_may_not_be_called_is_refused(product: Running, url: Any) -> None:  # R37
    admin = await product.client("root", role="admin")
    answer = await admin.post(ENDPOINTS, json={"url": url})
    assert answer.status_code == 400, answer.text
    assert "url" in answer.json()["fields"]


@pytest.mark.parametrize(
    "wish",
    [
        {"types": ["nothing.happened"]},
        {"types": "run.failed"},
        {"accounts": [""]},
        {"accounts": ["a b"]},
        {"accounts": ["\u0000"]},
        {"accounts": [None]},
        {"ordered": "maybe"},
        {"description": "\u0000"},
        {"description": "x" * 501},
        {"secret": "whsec_mine"},
    ],
)
async def test_a_wish_that_cannot_be_met_names_its_field(product: Running, wish: dict[str, Any]) -> None:
    admin = await product.client("root", role="admin")
    answer = await admin.post(ENDPOINTS, json={**PUBLIC, **wish})
    assert answer.status_code == 400, answer.text
    [field] = answer.json()["fields"]
    assert field.split(".")[0] in wish


async def test_what_is_not_there_is_not_found_and_nothing_is_sent_again_by_accident(product: Running) -> None:
    admin = await product.client("root", role="admin")
    made = (await admin.post(ENDPOINTS, json=PUBLIC)).json()["id"]
    unknown = f"{ENDPOINTS}/00000000-0000-4000-8000-000000000000"
    for method, path in (
        ("GET", unknown),
        ("PATCH", unknown),
        ("DELETE", unknown),
        ("POST", f"{unknown}/rotate-secret"),
        ("GET", f"{unknown}/deliveries"),
        ("POST", f"{ENDPOINTS}/{made}/deliveries/1/resend"),
    ):
        answer = await admin.request(method, path, json={} if method == "PATCH" else None)
        assert answer.status_code == 404, (method, path)
    assert (await admin.post(f"{ENDPOINTS}/{made}/resend", json={})).status_code == 400
    for since in ("yesterday", "-infinity", "0001-01-01T00:00:00Z", 1e300):
        answer = await admin.post(f"{ENDPOINTS}/{made}/resend", json={"since": since})
        assert answer.status_code in {200, 400}, since


def test_in_production_only_https_and_only_public_addresses() -> None:
    settings = Settings(_env_file=None, env="production")  # type: ignore[call-arg]
    refused = ["http://app.example/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/"]
    assert all(url_problem(settings, url) for url in refused)
    assert url_problem(settings, "https://app.example/") is None
    named = settings.model_copy(update={"endpoint_private_hosts": "hooks.internal, 10.0.0.7"})
    assert url_problem(named, "https://10.0.0.7/") is None
