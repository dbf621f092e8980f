"""Settings → Account, Settings → People, and pages behind links that work once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fluxstudio.faces.web.account.views import (
    AccessTokenRow,
    AccountPage,
    NewAccessTokenPage,
    ScopeChoice,
    ShownTokenPage,
)
from fluxstudio.faces.web.components.browser_sessions import SessionView
from fluxstudio.faces.web.components.views import HeadView, LinkView
from fluxstudio.faces.web.people.views import (
    InvitationRow,
    InvitePage,
    PeoplePage,
    PersonPage,
    PersonRow,
)
from fluxstudio.faces.web.shell.form_errors import FormErrors
from fluxstudio.faces.web.shell.templating import Page
from fluxstudio.faces.web.shell.views import ErasePage
from fluxstudio.faces.web.sign_in.views import NewPasswordPage

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)
PARENT = LinkView(label="People", href="/settings/people")
SESSIONS = (
    SessionView(
        id="1",
        browser="Firefox on Linux",
        address="192.0.2.7",
        last_seen_at=NOW,
        created_at=NOW,
        current=True,
    ),
    SessionView(id="2", browser="Safari on iPhone", address="", last_seen_at=NOW, created_at=NOW),
)
TOKENS = tuple(
    AccessTokenRow(id=name, name=name, hint="…abcd", scopes="read", last_used_at=at, expires_at=at)
    for name, at in (("Release script", NOW), ("Backend", None))
)
ADA = PersonRow(
    href="/settings/people/ada",
    name="Ada Park",
    email="ada@example.com",
    verified=True,
    is_admin=True,
    disabled=False,
    connections=3,
    last_seen_at=NOW,
)
MEI = PersonRow(
    href="/settings/people/mei",
    name="mei",
    email="mei@example.com",
    verified=False,
    is_admin=False,
    disabled=True,
    connections=0,
    last_seen_at=None,
)


def new_token_page(**errors: str) -> NewAccessTokenPage:
    """The form for an access token."""
    return NewAccessTokenPage(
        head=HeadView(title="New access token", parent=PARENT),
        action="/new",
        name="Script",
        scopes=(ScopeChoice(name="read", words="Read everything you can read", chosen=True),),
        tools="",
        example_tool="linear.issues",
        lives=(("30", "30 days"), ("", "Until you revoke it")),
        chosen_life="30",
        errors=FormErrors(errors),
    )


def person_page(person: PersonRow, **changes: object) -> PersonPage:
    fields = {
        "head": HeadView(title=person.name, parent=PARENT),
        "action": person.href,
        "person": person,
        "subject": "0b7e",
        "role": "admin" if person.is_admin else "member",
        "role_note": "Granted by mei on 22 November 2026.",
        "signs_in_with": "Password",
        "is_self": False,
        "created_at": NOW,
    }
    return PersonPage(**{**fields, **changes})  # type: ignore[arg-type]


def pages() -> list[Page]:
    """One of each, and those with something to say."""
    head = HeadView(title="Account", sentence="Your profile, password and sessions.")
    account = {
        **{"head": head, "name": "Ada", "email": "ada@example.com", "role": "Member", "new_token": PARENT},
        **{"entered_name": "Ada", "may_rename": True},
    }
    invite = HeadView(title="Invite someone", parent=PARENT)
    people = HeadView(title="People", action=LinkView(label="Invite someone", href="/invite", icon="plus"))
    erase = HeadView(title="Delete Ada", parent=PARENT)
    invitation = InvitationRow(id="7", email="", role="admin", expires_at=NOW + timedelta(days=6))
    return [
        AccountPage(**account, has_password=True, sessions=SESSIONS, tokens=TOKENS),  # type: ignore[arg-type]
        AccountPage(
            **account,  # type: ignore[arg-type]
            has_password=True,
            sessions=SESSIONS[:1],
            tokens=TOKENS[:1],
            errors=FormErrors({"current": "This is not your password."}),
        ),
        AccountPage(**{**account, "may_rename": False}, has_password=False, sessions=(), tokens=()),  # type: ignore[arg-type]
        new_token_page(),
        new_token_page(name="Give it a name.", scopes="Choose what it may do.", tools="No such tool."),
        ShownTokenPage(head=HeadView(title="Script"), token="not-a-real-token", back=PARENT),
        PeoplePage(head=people, people=(ADA, MEI), invitations=(invitation,), more_href="/more"),
        PeoplePage(head=people, people=(), invitations=(), search="nobody"),
        person_page(ADA, sessions=SESSIONS, link="https://flux.example/password/x"),
        person_page(MEI, problem="This is the last administrator.", signs_in_with="API tokens"),
        InvitePage(head=invite),
        InvitePage(head=invite, email="a@b", role="admin", errors=FormErrors({"email": "Enter an address."})),
        InvitePage(head=invite, email="a@b.example", link="https://flux.example/i/x", expires_at=NOW),
        ErasePage(head=erase, action="/d", cancel_href="/c", who="Ada", connections=1, asks="password"),
        ErasePage(
            head=erase, action="/d", cancel_href="/c", who="Ada", connections=2, asks="word", error="Type it."
        ),
        ErasePage(head=erase, action="/d", cancel_href="/c", who="Ada", connections=0, error="No."),
        NewPasswordPage(action="/password/x", email="ada@example.com"),
        NewPasswordPage(action="/password/x", email="ada@example.com", error="Use 12 characters or more."),
    ]
