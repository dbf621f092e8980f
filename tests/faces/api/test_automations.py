"""Automations over the API: made, changed, tried out and read back, by whoever they belong to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.support.answers import content_of
from tests.support.automating import COMMENT, RULE, Automating
from tests.support.partitions import make_week_of

KEYS = {
    *(
        "id",
        "name",
        "enabled",
        "status",
        "version",
        "definition",
        "connections",
        "health",
        "nextAt",
        "createdAt",
        "updatedAt",
        "lastRun",
        "failingSince",
        "notify",
    ),
}
RUN_KEYS = {
    *("id", "version", "eventId", "dueAt", "status", "attempts", "inputs", "output", "problem"),
    *("createdAt", "beganAt", "finishedAt", "automationId", "event", "calls", "made", "retryOf", "retriedAs"),
}
IN = "definition.do.arguments"
MONDAYS: dict[str, Any] = {
    "when": {"schedule": "0 9 * * 1", "timeZone": "Europe/Berlin"},
    "do": {"operation": "slack.message", "arguments": {"channel": "C0DESIGN01", "text": "Good morning"}},
}


async def refused(client: httpx2.AsyncClient, definition: Any, **further: Any) -> dict[str, str]:
    """What is wrong with a definition, by field."""
    answer = await client.post(
        "/api/automations", json={"name": "A rule", "definition": definition, **further}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST"), answer.text
    fields: dict[str, str] = answer.json()["fields"]
    return fields


def doing(operation: str = "slack.message", **arguments: Any) -> dict[str, Any]:
    return {**RULE, "do": {"operation": operation, "arguments": arguments}}


async def test_an_automation_is_made_read_changed_and_deleted(ada: Automating) -> None:
    made = await ada.client.post("/api/automations", json={"name": "Comments", "definition": RULE})
    assert made.status_code == 201
    first = made.json()
    assert first.keys() == KEYS
    assert (first["name"], first["enabled"], first["version"], first["lastRun"]) == (
        "Comments",
        True,
        1,
        None,
    )
    assert first["definition"] == {
        "when": {**RULE["when"], "connection": ada.connections["figma"], "conditions": []},
        "do": {**RULE["do"], "connection": ada.connections["slack"]},
        "limit": {"runs": 60, "per": "minute"},
    }
    where = f"/api/automations/{first['id']}"
    assert (await ada.client.get(where)).json() == first
    assert (await ada.client.get("/api/automations")).json()["automations"] == [first]
    renamed = await ada.client.patch(where, json={"name": "Talk", "enabled": False})
    assert (renamed.json()["name"], renamed.json()["enabled"], renamed.json()["version"]) == (
        "Talk",
        False,
        1,
    )
    gone = await ada.client.delete(where)
    assert (gone.status_code, gone.content) == (204, b"")
    for method, path in (
        *(("GET", where), ("PATCH", where), ("DELETE", where), ("GET", f"{where}/runs")),
        *(("GET", f"{where}/versions"), ("POST", f"{where}/versions/1/restore"), ("POST", f"{where}/test")),
    ):
        answer = await ada.client.request(method, path, json={} if method == "PATCH" else None)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), (method, path)


async def test_no_version_is_ever_lost(ada: Automating) -> None:
    rule = await ada.make()
    where = f"/api/automations/{rule}"
    changed = (await ada.client.patch(where, json={"definition": MONDAYS})).json()
    assert (changed["version"], changed["nextAt"] is None) == (2, False)
    same = (await ada.client.patch(where, json={"definition": MONDAYS})).json()
    assert same["version"] == 2
    restored = await ada.client.post(f"{where}/versions/1/restore")
    assert restored.status_code == 200
    assert (restored.json()["version"], restored.json()["nextAt"]) == (3, None)
    versions = (await ada.client.get(f"{where}/versions")).json()["versions"]
    assert [entry["version"] for entry in versions] == [3, 2, 1]
    assert versions[0]["definition"] == versions[2]["definition"]
    assert (await ada.client.post(f"{where}/versions/9/restore")).status_code == 404


async def test_runs_come_in_pages(ada: Automating) -> None:
    rule = await ada.make()
    for _ in range(5):
        await ada.happens()
    where, seen, cursor = f"/api/automations/{rule}/runs", [], None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await ada.client.get(where, params=query)).json()
        seen += page["runs"]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert len({run["id"] for run in seen}) == len(seen) == 5
    assert seen[0].keys() == RUN_KEYS
    assert [run["createdAt"] for run in seen] == sorted((run["createdAt"] for run in seen), reverse=True)
    shown = (await ada.client.get(f"/api/automations/{rule}")).json()
    assert shown["lastRun"] == {"id": seen[0]["id"], "status": "done", "at": seen[0]["createdAt"]}


async def test_a_dry_run_tells_of_every_event_of_the_week_and_sends_nothing(ada: Automating) -> None:
    looking = {**RULE, "when": {**RULE["when"], "conditions": [
        {"field": "file_key", "is": "equals", "value": "TidewaterBookingFlow01"}
    ]}}  # fmt: skip
    rule = await ada.make(looking)
    good = await ada.received()
    other = await ada.received(payload={**COMMENT, "file_key": "another"})
    broken = await ada.received(payload={**COMMENT, "comment": None})
    old = await ada.received()
    asked = len(ada.running.seen("slack", "."))
    db = ada.running.services.db
    long_ago = await db.now() - timedelta(days=8)
    await make_week_of(db, long_ago)
    await db.execute(
        "UPDATE integration_webhooks SET id = first_event_id($2) WHERE id = $1", old["id"], long_ago
    )
    answer = await ada.client.post(f"/api/automations/{rule}/test")
    assert answer.status_code == 200
    assert answer.json()["problem"] is None
    results = {entry["eventId"]: entry for entry in answer.json()["results"]}
    assert results.keys() == {str(event["id"]) for event in (good, other, broken)}
    would = results[str(good["id"])]
    assert (would["wouldRun"], would["why"], would["problem"]) == (True, None, None)
    assert would["arguments"] == {"channel": "C0DESIGN01", "text": "Looks good"}
    assert "Mei Lin" in would["summary"]
    assert results[str(other["id"])]["wouldRun"] is False
    assert "file_key is “another”" in results[str(other["id"])]["why"]
    assert results[str(broken["id"])]["problem"] is None
    unsaved = await ada.client.post("/api/dry-run", json={"definition": looking})
    assert unsaved.json() == answer.json()
    assert len(ada.running.seen("slack", ".")) == asked
    assert await ada.all_runs() == []


async def test_a_dry_run_says_what_keeps_a_rule_from_working(ada: Automating) -> None:
    await ada.client.delete("/api/integrations/slack")
    await ada.received()
    trial = (await ada.client.post("/api/dry-run", json={"definition": RULE})).json()
    assert "Slack is not connected yet" in trial["problem"]
    wrong = doing(channel="C0DESIGN01", text="{{ event.no }}")
    (result,) = (await ada.client.post("/api/dry-run", json={"definition": wrong})).json()["results"]
    assert (result["arguments"], result["problem"][:35]) == (None, "text: the event has no event.no; wr")


async def test_a_dry_run_of_a_schedule_tells_when_it_is_due(ada: Automating) -> None:
    trial = (await ada.client.post("/api/dry-run", json={"definition": MONDAYS})).json()
    assert len({result["at"] for result in trial["results"]}) == 5
    assert {result["arguments"]["text"] for result in trial["results"]} == {"Good morning"}


@pytest.mark.parametrize(
    ("definition", "field", "text"),
    [
        ({}, "definition.when", "required"),
        ({"when": {}, "do": {}}, "definition.when.event", "required"),
        ({**RULE, "when": {"event": "myspace.COMMENT"}}, "definition.when.event", "there is no provider"),
        ({**RULE, "when": {"event": "figma.COMMENT"}}, "definition.when.event", "FILE_COMMENT"),
        ({**RULE, "when": {"schedule": "every day"}}, "definition.when.schedule", "five fields"),
        ({**RULE, "when": {"schedule": "0 0 30 2 *"}}, "definition.when.schedule", "never comes"),
        (
            {**RULE, "when": {**MONDAYS["when"], "timeZone": "Mars"}},
            "definition.when.timeZone",
            "Europe/Berlin",
        ),
        ({**RULE, "when": {**RULE["when"], **MONDAYS["when"]}}, "definition.when.event", "not permitted"),
        (doing("slack.shout"), "definition.do.operation", "no operation “shout”"),
        (doing("myspace.post"), "definition.do.operation", "no provider"),
        (doing("slack.channels"), "definition.do.operation", "only reads"),
        (doing("slack.files", channel="#a"), "definition.do.operation", "takes a file"),
        (doing(channel="#design", words="a"), f"{IN}.words", "it takes channel, text"),
        (doing(text="a"), f"{IN}.channel", "is needed"),
        (doing(channel="not a channel", text="a"), f"{IN}.channel", "pattern"),
        (doing(channel="#design", text="{{ event.a"), f"{IN}.text", "line 1"),
        (doing(channel="#design", text="a\n{{ evnt }}"), f"{IN}.text", "line 2: there is no “evnt”"),
        (doing(channel="#design", blocks=[{"a": "{{ a() }}"}]), f"{IN}.blocks.0.a", "A call"),
        (doing(channel={"ask": "channel"}), f"{IN}.channel", "fill this in: channel"),
        ({**RULE, "limit": {"runs": 0, "per": "minute"}}, "definition.limit.runs", "greater"),
        ({**RULE, "then": {}}, "definition.then", "not permitted"),
        ({**doing(channel="#a", text="{{ link }}"), "when": MONDAYS["when"]}, f"{IN}.text", "knows time"),
        (doing(channel="#design", text="x" * 70_000), "definition", "too long"),
    ],
)  # fmt: skip
async def test_an_error_names_the_part_that_is_wrong_and_what_to_write(
    ada: Automating, definition: Any, field: str, text: str
) -> None:
    fields = await refused(ada.client, definition)
    assert text in fields[field], fields
    tried = await ada.client.post("/api/dry-run", json={"definition": definition})
    assert (tried.status_code, tried.json()["fields"]) == (400, fields)


NO_DEFINITIONS: tuple[Any, ...] = (None, [], "x", 7)


@pytest.mark.parametrize(
    "body",
    [
        *({"name": name, "definition": RULE} for name in ("", " ", "a" * 121, "a\nb", "\x00", 7, None)),
        *({"name": "A rule", "definition": arguments} for arguments in NO_DEFINITIONS),
        {"name": "A rule", "definition": RULE, "owner": "mei"},
        {"definition": RULE},
        [],
    ],
)
async def test_a_body_that_is_none_is_refused(ada: Automating, body: Any) -> None:
    answer = await ada.client.post("/api/automations", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST"), answer.text
    assert (await ada.client.get("/api/automations")).json()["automations"] == []


@pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\udc00 \\u0000"])
async def test_characters_that_cannot_be_kept_are_refused(ada: Automating, text: str) -> None:
    raw = '{"name": "A", "definition": {"when": {"event": "figma.PING"}, "do": {"operation": "slack.message",'
    raw += f'"arguments": {{"channel": "#design", "text": "{text}"}}}}}}}}'
    answer = await ada.client.post(
        "/api/automations", content=raw, headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST"), answer.text


async def test_depth_is_bounded(ada: Automating) -> None:
    for depth in (20, 200, 5000):
        raw = '{"name": "A", "definition": {"when": {"event": "figma.PING"}, "do": {"operation":'
        raw += ' "slack.message",'
        raw += f'"arguments": {{"channel": "#a", "blocks": {"[" * depth}{"]" * depth}}}}}}}}}'
        answer = await ada.client.post(
            "/api/automations", content=raw, headers={"content-type": "application/json"}
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST"), depth


async def test_a_connection_in_a_rule_has_to_be_ones_own(ada: Automating) -> None:  # R26
    mei = await Automating.begin(ada.running, "mei", "slack")
    for connection in (mei.connections["slack"], str(uuid4()), ada.connections["figma"]):
        fields = await refused(ada.client, {**RULE, "do": {**RULE["do"], "connection": connection}})
        assert fields.keys() == {"definition.do.connection"}
        assert "no such slack connection" in fields["definition.do.connection"]
    both = {
        "when": {**RULE["when"], "connection": ada.connections["figma"]},
        "do": {**RULE["do"], "connection": ada.connections["slack"]},
    }
    await ada.make(both)
    assert [run["status"] for run in await ada.happens()] == ["done"]


async def test_what_no_longer_works_is_not_switched_on_again(ada: Automating) -> None:
    bound = {**RULE, "do": {**RULE["do"], "connection": ada.connections["slack"]}}
    rule = await ada.make(bound, enabled=False)
    await ada.running.services.db.execute("DELETE FROM connections WHERE id = $1", ada.connections["slack"])
    answer = await ada.client.patch(f"/api/automations/{rule}", json={"enabled": True})
    assert answer.status_code == 400
    assert "definition.do.connection" in answer.json()["fields"]


async def test_automations_of_others_do_not_exist(ada: Automating) -> None:  # R26
    rule = await ada.make()
    await ada.happens()
    mei = await ada.running.client("mei")
    where = f"/api/automations/{rule}"
    requests: list[tuple[str, str, Any]] = [
        *(("GET", where, None), ("PATCH", where, {"name": "Mine"}), ("DELETE", where, None)),
        *(
            ("GET", f"{where}/runs", None),
            ("GET", f"{where}/versions", None),
            ("POST", f"{where}/test", None),
        ),
        ("POST", f"{where}/versions/1/restore", None),
    ]
    for method, path, body in requests:
        foreign = await mei.request(method, path, json=body)
        unknown = await mei.request(method, path.replace(rule, str(uuid4())), json=body)
        assert (foreign.status_code, foreign.json()["code"]) == (404, "NOT_FOUND"), (method, path)
        assert content_of(foreign) == content_of(unknown)
    assert (await mei.get("/api/automations")).json()["automations"] == []
    assert (await mei.post("/api/dry-run", json={"definition": RULE})).json()["results"] == []
    assert (await ada.client.get(where)).json()["name"] == "A rule"


@pytest.mark.parametrize("wild", ["1", "null", "..", "' OR 1=1 --", "0" * 31, "é"])
async def test_an_id_that_is_none_is_not_found(ada: Automating, wild: str) -> None:  # R38
    for path in ("", "/runs", "/versions"):
        answer = await ada.client.get(f"/api/automations/{wild}{path}")
        assert answer.status_code == 404, answer.text


async def test_nobody_gets_in_without_a_token(ada: Automating) -> None:
    nobody = await ada.running.client(None)
    for path in ("/api/automations", "/api/gallery/automations", f"/api/automations/{uuid4()}"):
        assert (await nobody.get(path)).status_code == 401


async def test_the_gallery_is_served(ada: Automating) -> None:
    result = (await ada.client.get("/api/gallery/automations")).json()["automations"]
    assert len(result) >= 12
    assert {"id", "name", "sentence", "needs", "definition", "example"} == result[0].keys()


async def test_there_is_an_end_to_how_many_there_are(
    ada: Automating, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fluxstudio.core.automations.rules.MAX_RULES_PER_USER", 2)
    await ada.make()
    gone = await ada.make()
    assert "automations" in await refused(ada.client, RULE)
    await ada.client.delete(f"/api/automations/{gone}")
    await ada.make()


async def test_what_is_done_to_automations_is_audited(ada: Automating) -> None:  # R54
    rule = await ada.make()
    await ada.client.patch(f"/api/automations/{rule}", json={"name": "Other"})
    await ada.client.delete(f"/api/automations/{rule}")
    entries = (await ada.client.get("/api/audit/mine")).json()["entries"]
    assert [entry["action"] for entry in entries if entry["subject"] == rule] == [
        "automation_deleted",
        "automation_changed",
        "automation_made",
    ]


async def test_versions_come_in_pages(ada: Automating) -> None:  # R61
    made = await ada.make()
    for text in ("second", "third"):
        arguments = {**RULE["do"]["arguments"], "text": text}
        definition = {**RULE, "do": {**RULE["do"], "arguments": arguments}}
        await ada.client.patch(f"/api/automations/{made}", json={"definition": definition})
    path = f"/api/automations/{made}/versions"
    first = (await ada.client.get(path, params={"limit": 2})).json()
    assert ([entry["version"] for entry in first["versions"]], first["hasMore"]) == ([3, 2], True)
    rest = (await ada.client.get(path, params={"limit": 2, "cursor": first["nextCursor"]})).json()
    assert [entry["version"] for entry in rest["versions"]] == [1]
    assert (rest["nextCursor"], rest["hasMore"]) == (None, False)


async def test_there_is_a_clear_end_to_what_a_member_keeps(ada: Automating) -> None:  # R61
    made = await ada.make()
    await ada.running.services.db.execute(
        "INSERT INTO automation_versions (automation_id, version, definition)"
        " VALUES ($1, 2, jsonb_build_object('text', repeat('x', 7999000)))",
        UUID(made),
    )
    arguments = {**RULE["do"]["arguments"], "text": "x" * 4000}
    definition = {**RULE, "do": {**RULE["do"], "arguments": arguments}}
    refused = await ada.client.post("/api/automations", json={"name": "One more", "definition": definition})
    assert (refused.status_code, refused.json()["code"]) == (400, "INVALID_REQUEST")
    assert "8 MB" in refused.json()["error"]
