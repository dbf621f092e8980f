"""Settings, and one's own audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fluxstudio.faces.web.components.views import HeadView, LinkView, PagerView
from fluxstudio.faces.web.shell.form_errors import NO_ERRORS, FormErrors


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsLink:
    """One place where something is set."""

    label: str
    words: str
    href: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsGroup:
    """Places that belong together."""

    name: str
    title: str
    links: tuple[SettingsLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPage:
    """Everything that is set."""

    template: ClassVar[str] = "settings/settings.html"
    head: HeadView
    groups: tuple[SettingsGroup, ...]
    export_href: str
    delete_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One line of the audit log, in words; `outcome` where it was refused or failed."""

    title: str
    details: tuple[str, ...]
    at: datetime
    outcome: str | None = None
    tone: str = "neutral"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """What was done in somebody's name, newest first."""

    template: ClassVar[str] = "settings/audit.html"
    head: HeadView
    rows: tuple[AuditRow, ...]
    pager: PagerView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationsPage:
    """What one is told, where, and when not; `fields` as they are or were sent, `errors` by field.

    `senders` are accounts that can send, (id, words) each. `agents_channel` is where agents ask for approval.
    """

    template: ClassVar[str] = "settings/notifications.html"
    head: HeadView
    action: str
    senders: tuple[tuple[str, str], ...]
    fields: Mapping[str, str]
    zones: tuple[tuple[str, str], ...]
    agents: LinkView
    agents_channel: str
    errors: FormErrors = NO_ERRORS
