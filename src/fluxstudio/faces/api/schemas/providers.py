"""What the API says about providers."""

from __future__ import annotations

from typing import Literal

from fluxstudio.faces.api.schemas.common import Answer


class ScopeEntry(Answer):
    """One permission: `means` finishes the sentence “This lets you …”.

    An `optional` one is asked for with `scopes=` only.
    """

    name: str
    means: str
    access: Literal["read", "write"]
    optional: bool


class ProviderEntry(Answer):
    """A provider that people can connect.

    `icon` is a data address for an image. `configured` says whether there is an app to connect with,
    `simulated` that it is a simulator's. `capabilities` are what its accounts are good for. `connectPath` is
    where a connect begins.
    """

    id: str
    name: str
    icon: str
    tagline: str
    configured: bool
    simulated: bool
    scopes: list[ScopeEntry]
    capabilities: list[str]
    connect_path: str


class ProvidersAnswer(Answer):
    """Every provider, in the order of the settings page."""

    providers: list[ProviderEntry]
