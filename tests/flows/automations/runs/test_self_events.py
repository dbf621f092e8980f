"""What an automation does comes back as an event; no automation starts itself by it, be it through others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from fluxstudio.core.jobs.queue import Retry
from fluxstudio.flows.automations.health import flooding
from fluxstudio.flows.automations.runs import loop_guard, triggers
from fluxstudio.providers.slack.webhooks import self_events as slack_echo
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
    count = loop_guard.MAX_CHAIN_LENGTH + 2
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
    assert (number, latest["problem"]["code"]) == (loop_guard.MAX_CHAIN_LENGTH + 1, "OWN_ECHO")
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
        await triggers.run_one(ada.running.services, run)
    await db.execute(
        "UPDATE automation_runs SET status = 'done', finished_at = now(), made = ARRAY[$2],"
        " claimed_until = NULL WHERE id = $1",
        UUID(first["id"]),
        f"figma comment {first['output']['id']}",
    )
    await triggers.run_one(ada.running.services, run)
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


CHANGE_ISSUE: dict[str, Any] = {
    "operation": "github.update_issue",
    "arguments": {
        "owner": "harbour-pine",
        "repo": "tidewater-web",
        "number": 3,
        "title": "{{ summary }}",
        "state": "closed",
        "labels": ["a new label", "design"],
        "assignees": ["tomas-ruiz"],
    },
}


async def told_by(running: Running, provider: str, earlier: int) -> list[tuple[str, dict[str, Any]]]:
    """What a simulated provider has told since."""
    deliveries = running.simulators[provider].deliveries
    await deliveries.settled()
    return [(entry["event"], entry["payload"]) for entry in deliveries.log[earlier:]]


async def test_a_rule_runs_once_for_all_events_that_its_change_causes(running: Running) -> None:  # R65
    """One change of an issue is told by `edited`, `closed`, `labeled`, `assigned`, and of a new label."""
    ada = await Automating.begin(running, "ada", "github")
    running.simulators["github"].follow_everything(f"{running.base}/nowhere")
    # What was sent before stands in the log of the simulator.
    earlier = len(running.simulators["github"].deliveries.log)
    for kind in ("issues", "label"):
        await ada.make({"when": {"event": f"github.{kind}"}, "do": CHANGE_ISSUE})
    await ada.happens("github", "issues", {"action": "opened", "issue": {"title": "By a person"}})
    seen: set[str] = set()
    texts: list[tuple[str, dict[str, Any]]] = []
    for _ in range(4):
        latest = (await told_by(running, "github", earlier))[len(texts) :]
        texts += latest
        for kind, payload in latest:
            await ada.happens("github", kind, payload)
            seen.add(f"{kind} {payload.get('action')}")
        if not latest:
            break
    assert {"issues edited", "issues closed", "issues labeled", "issues assigned", "label created"} <= seen
    runs = await ada.all_runs()
    done = [run for run in runs if run["status"] == "done"]
    # The person's issue starts the first rule, the label of that one the second; then nothing.
    assert len(done) == 2, [(run["status"], run["problem"]) for run in runs]
    assert {run["problem"]["code"] for run in runs if run["status"] != "done"} == {"OWN_ECHO"}


async def test_what_its_owner_changes_otherwise_right_after_a_run_starts_the_rule(running: Running) -> None:
    ada = await Automating.begin(running, "ada", "github")
    account = (await running.grant_of(ada.connections["github"]))["account_id"]
    await ada.make({"when": {"event": "github.issues"}, "do": CHANGE_ISSUE})
    (first,) = await ada.happens("github", "issues", {"action": "opened", "issue": {"title": "x"}})
    ours = {**first["output"], "body": first["output"]["body"] or ""}
    about = {"action": "edited", "sender": {"id": int(account)}}
    echo, *_ = await ada.happens("github", "issues", {**about, "issue": ours})
    assert (echo["problem"] or {}).get("code") == "OWN_ECHO"
    herself, *_ = await ada.happens("github", "issues", {**about, "issue": {**ours, "title": "Mine"}})
    assert herself["status"] == "done"
    labeled = {**about, "action": "labeled", "label": {"name": "by hand"}, "issue": ours}
    by_hand, *_ = await ada.happens("github", "issues", labeled)
    assert by_hand["status"] == "done"


async def test_rules_of_two_providers_do_not_start_one_another_for_ever(running: Running) -> None:  # R65
    ada = await Automating.begin(running, "ada", "github", "figma")
    for provider in ("github", "figma"):
        running.simulators[provider].follow_everything(f"{running.base}/nowhere")
    offsets = {name: len(running.simulators[name].deliveries.log) for name in ("github", "figma")}
    issue = {"owner": "harbour-pine", "repo": "tidewater-web", "number": 3, "body": "{{ summary }}"}
    await ada.make(
        {
            "when": {"event": "figma.FILE_COMMENT"},
            "do": {"operation": "github.add_comment", "arguments": issue},
        }
    )
    comment_on_file = {
        "operation": "figma.post_comment",
        "arguments": {"fileKey": FILE, "message": "{{ summary }}"},
    }
    await ada.make({"when": {"event": "github.issue_comment"}, "do": comment_on_file})
    await ada.happens()
    for _ in range(10):
        for provider, offset in list(offsets.items()):
            latest = await told_by(running, provider, offset)
            offsets[provider] += len(latest)
            for kind, payload in latest:
                await ada.happens(provider, kind, payload)
    done = [run for run in await ada.all_runs() if run["status"] == "done"]
    assert len(done) == 2


@pytest.mark.parametrize(
    ("event", "ours"),
    [
        ({"type": "file_shared", "file_id": "F1", "user_id": "U0BOT"}, True),
        ({"type": "link_shared", "channel": "C1", "message_ts": "1.2", "user": "U0BOT"}, True),
        ({"type": "member_joined_channel", "user": "U0BOT", "channel": "C1"}, True),
        ({"type": "member_joined_channel", "user": "U0BOT", "channel": "C1", "inviter": "U0MEI"}, False),
        ({"type": "reaction_added", "user": "U0MEI", "item_user": "U0BOT"}, False),
        ({"type": "file_shared", "file_id": "F1", "user_id": "U0MEI"}, False),
    ],
)
def test_whatever_the_bot_user_of_our_app_does_in_slack_is_ours(event: dict[str, Any], ours: bool) -> None:
    payload = {"api_app_id": "A1", "event": event, "authorizations": [{"user_id": "U0BOT", "is_bot": True}]}
    assert slack_echo.ours(event["type"], payload) is ours


async def test_a_rule_that_goes_on_running_into_its_limit_is_paused_and_says_so(
    ada: Automating, monkeypatch: pytest.MonkeyPatch
) -> None:  # R65
    monkeypatch.setattr(flooding, "MOST_SKIPPED_IN_A_ROW", 3)
    rule = await ada.make({**RULE, "limit": {"runs": 1, "per": "day"}})
    for number in range(4):
        await ada.happens(payload={**COMMENT, "comment_id": str(number)})
    paused = (await ada.client.get(f"/api/automations/{rule}")).json()
    assert (paused["enabled"], paused["status"]) == (False, "paused")
    assert paused["health"]["problem"]["code"] == "PAUSED_FLOODED"
    assert "switch it on again" in paused["health"]["problem"]["fix"]
    assert await ada.start(await ada.received(payload={**COMMENT, "comment_id": "5"})) == []
    again = await ada.client.patch(f"/api/automations/{rule}", json={"enabled": True})
    assert again.json()["enabled"]
    assert (again.json()["health"]["problem"] or {}).get("code") != "PAUSED_FLOODED"
