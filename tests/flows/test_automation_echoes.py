"""What an automation does comes back as an event; no automation starts itself by it, be it through others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from fluxstudio.core.jobs import Retry
from fluxstudio.flows import automate
from fluxstudio.flows.automations import echoes
from tests.support.automating import COMMENT, RULE, Automating
from tests.support.running import Running

FILE = "TidewaterBookingFlow01"
ANSWER: dict[str, Any] = {
    "when": {"event": "figma.FILE_COMMENT"},
    "do": {
        "operation": "figma.post_comment",
        "arguments": {"fileKey": FILE, "message": "Seen: {{ event.comment | join('', 'text') }}"},
    },
}
SAID: dict[str, Any] = {
    "type": "event_callback",
    "api_app_id": "A0EXAMPLE1",
    "event": {"type": "message", "channel": "C0DESIGN01", "ts": "1795000000.000100", "text": "Hello"},
}


@pytest.fixture
async def ada(running: Running) -> Automating:
    return await Automating.begin(running)


def comment(run: dict[str, Any]) -> dict[str, Any]:
    """The event by which Figma tells of the comment that a run wrote."""
    return {**COMMENT, "comment_id": run["output"]["id"], "comment": [{"text": run["output"]["message"]}]}


async def test_a_rule_that_hears_its_own_comment_does_not_answer_it(ada: Automating) -> None:
    await ada.make(ANSWER)
    (first,) = await ada.happens()
    echo, _ = await ada.happens(payload=comment(first))
    assert (echo["status"], echo["problem"]["code"]) == ("skipped", "OWN_ECHO")
    again, *_ = await ada.happens(payload={**COMMENT, "comment_id": "1200000002"})
    assert again["status"] == "done"


async def test_two_rules_that_start_one_another_stop(ada: Automating) -> None:
    await ada.make(ANSWER)
    await ada.make({**ANSWER, "limit": {"runs": 60, "per": "minute"}})
    started = await ada.happens()
    assert [run["status"] for run in started] == ["done", "done"]
    seen = {run["id"] for run in started}
    for run in started:
        await ada.happens(payload=comment(run))
    crossed = [run for run in await ada.all_runs() if run["id"] not in seen]
    assert sorted(run["status"] for run in crossed) == ["done", "done", "skipped", "skipped"]
    for run in [entry for entry in crossed if entry["status"] == "done"]:
        seen = {entry["id"] for entry in await ada.all_runs()}
        latest = [entry for entry in await ada.happens(payload=comment(run)) if entry["id"] not in seen]
        assert {entry["problem"]["code"] for entry in latest} == {"OWN_ECHO"}


async def test_a_chain_of_different_rules_ends_somewhere(ada: Automating) -> None:
    """Each rule writes a comment that only the next one answers."""
    count = echoes.DEEPEST + 2
    for number in range(count):
        await ada.make(
            {
                "when": {
                    **ANSWER["when"],
                    "conditions": [{"field": "comment.0.text", "is": "equals", "value": f"step {number}"}],
                },
                "do": {**ANSWER["do"], "arguments": {"fileKey": FILE, "message": f"step {number + 1}"}},
            }
        )
    payload: dict[str, Any] = {**COMMENT, "comment": [{"text": "step 0"}]}
    for number in range(count):
        await ada.happens(payload=payload)
        runs = await ada.all_runs()
        assert len(runs) == number + 1
        latest = runs[-1]
        if latest["status"] == "skipped":
            break
        payload = comment(latest)
    assert (number, latest["problem"]["code"]) == (echoes.DEEPEST + 1, "OWN_ECHO")
    assert "start one another" in latest["problem"]["mend"]


async def test_an_echo_that_is_faster_than_our_note_of_it_waits(ada: Automating) -> None:
    """The event of a comment may be handled before the run that wrote it has written down that it did."""
    await ada.make(ANSWER)
    (first,) = await ada.happens()
    echo = await ada.received(payload=comment(first))
    db = ada.running.services.db
    await db.execute(
        "UPDATE automation_runs SET status = 'queued', finished_at = NULL, made = '{}',"
        " claimed_until = now() + interval '20 s' WHERE id = $1",
        UUID(first["id"]),
    )
    (run,) = await ada.start(echo)
    with pytest.raises(Retry):
        await automate.run_one(ada.running.services, run)
    await db.execute(
        "UPDATE automation_runs SET status = 'done', finished_at = now(), made = ARRAY[$2],"
        " claimed_until = NULL WHERE id = $1",
        UUID(first["id"]),
        f"figma comment {first['output']['id']}",
    )
    await automate.run_one(ada.running.services, run)
    latest, _ = await ada.all_runs()
    assert (latest["status"], latest["problem"]["code"], latest["attempts"]) == ("skipped", "OWN_ECHO", 1)


async def test_what_our_own_app_says_in_a_channel_starts_nothing(ada: Automating) -> None:
    await ada.make({**RULE, "when": {"event": "slack.message"}, "do": {**RULE["do"], "arguments": ECHOING}})
    ours = {**SAID, "event": {**SAID["event"], "app_id": "A0EXAMPLE1", "bot_id": "B0FLUX0001"}}
    theirs = {**SAID, "event": {**SAID["event"], "app_id": "A0ANOTHER1", "bot_id": "B0ANOTHER1"}}
    assert await ada.happens("slack", "message", ours) == []
    assert [run["status"] for run in await ada.happens("slack", "message", theirs)] == ["done"]


ECHOING = {"channel": "C0DESIGN01", "text": "You said {{ event.event.text }}"}


PULL_REQUEST_RULE: dict[str, Any] = {
    "when": {"event": "github.pull_request"},
    "do": {
        "operation": "github.update_issue",
        "arguments": {
            "owner": "harbour-pine",
            "repo": "tidewater-web",
            "number": 1,
            "title": "{{ event.action }}",
        },
    },
}


def pull_request(run: dict[str, Any], sender: str, later: timedelta = timedelta()) -> dict[str, Any]:
    """The event by which GitHub tells of what a run changed."""
    changed = datetime.fromisoformat(run["output"]["updated_at"]) + later
    return {
        "action": "edited",
        "number": 1,
        "pull_request": {
            "html_url": run["output"]["html_url"],
            "updated_at": f"{changed:%Y-%m-%dT%H:%M:%SZ}",
        },
        "sender": {"id": int(sender)},
    }


async def test_a_rule_that_changes_a_pull_request_does_not_start_itself(running: Running) -> None:  # R65
    ada = await Automating.begin(running, "ada", "github")
    account = (await running.grant_of(ada.connections["github"]))["account_id"]
    await ada.make(PULL_REQUEST_RULE)
    (first,) = await ada.happens("github", "pull_request", {"action": "opened"})
    assert first["status"] == "done", first["problem"]
    for later in (timedelta(), timedelta(seconds=2)):
        echo, *_ = await ada.happens("github", "pull_request", pull_request(first, account, later))
        assert (echo["status"], (echo["problem"] or {}).get("code")) == ("skipped", "OWN_ECHO")


async def test_what_a_person_changes_right_after_us_still_starts_the_rule(running: Running) -> None:  # R65
    ada = await Automating.begin(running, "ada", "github")
    account = (await running.grant_of(ada.connections["github"]))["account_id"]
    await ada.make(PULL_REQUEST_RULE)
    (first,) = await ada.happens("github", "pull_request", {"action": "opened"})
    somebody_else, *_ = await ada.happens("github", "pull_request", pull_request(first, "424242"))
    assert somebody_else["status"] == "done"
    herself, *_ = await ada.happens(
        "github", "pull_request", pull_request(first, account, timedelta(minutes=1))
    )
    assert herself["status"] == "done"
