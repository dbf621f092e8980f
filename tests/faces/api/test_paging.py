"""Lists come in pages that follow each other without a gap."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from fluxstudio.faces.api.paging import page_of
from tests.support.running import Running


@dataclass(frozen=True)
class Entry:
    id: UUID


def test_pages_follow_each_other_whatever_comes_and_goes_meanwhile() -> None:
    entries = [Entry(uuid4()) for _ in range(7)]
    page, following = page_of(entries, None, 3)
    assert page == entries[:3]
    # Something new in front moves all others.
    page, following = page_of([Entry(uuid4()), *entries], following, 3)
    assert page == entries[3:6]
    # The last one of the page before is gone.
    page, following = page_of([*entries[:5], *entries[6:]], f"6.{entries[5].id}", 3)
    assert (page, following) == ([entries[6]], None)


async def test_lists_of_what_one_has_go_on_behind_their_cursor(kept_running: Running) -> None:
    admin = await kept_running.client("pager", role="admin")
    for number in range(3):
        token = {"name": f"Token {number}", "scopes": ["read"]}
        assert (await admin.post("/api/access-tokens", json=token)).status_code == 201
        assert (await admin.post("/api/agents", json={"name": f"Agent {number}"})).status_code == 201
        assert (await admin.post("/api/invitations", json={})).status_code == 201
    keys = {"access-tokens": "accessTokens", "agents": "agents", "invitations": "invitations"}
    for path, key in keys.items():
        whole = (await admin.get(f"/api/{path}")).json()
        assert (whole["hasMore"], whole["nextCursor"]) == (False, None)
        answer = (await admin.get(f"/api/{path}?limit=2")).json()
        pages = answer[key]
        while answer["hasMore"]:
            answer = (await admin.get(f"/api/{path}?limit=2&cursor={answer['nextCursor']}")).json()
            pages += answer[key]
        assert answer["nextCursor"] is None
        assert [entry["id"] for entry in pages] == [entry["id"] for entry in whole[key]]
    assert (await admin.get("/api/sessions?cursor=made-up")).status_code == 400
