"""What providers can do for features that span them; a feature asks for a capability, never for a name."""

from __future__ import annotations

from dataclasses import dataclass

from fluxstudio.sdk.operation import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Can tell people something: lists its channels and posts a message to one of them.

    `channels` answers `[{id, name, is_private, is_archived, is_member, num_members}]`, `send` takes
    `channel` and `text`.
    """

    channels: Operation
    send: Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignSource:
    """Holds design files: `files` answers `{projects: [{id, name, files}], files}`, `follow` keeps a URL.

    `home` is the path at the provider's `web` host where a person finds those addresses.
    """

    files: Operation
    follow: Operation
    home: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeHost:
    """Holds repositories: `repositories` answers `[{full_name, description, private, html_url, …}]`."""

    repositories: Operation


Capability = Notifier | DesignSource | CodeHost
