"""The settings that an app at a provider gives an operator."""

from __future__ import annotations

from fluxstudio.core.registry import RegisteredProvider
from fluxstudio.faces.web.components.views import SettingView
from fluxstudio.settings import setting_name


def setting_views(registered: RegisteredProvider) -> tuple[SettingView, ...]:
    """The settings that an app at the provider gives an operator."""
    provider, settings = registered.provider, registered.settings
    settings_needed = [
        ("client_id", "The app's client id", settings.client_id),
        ("client_secret", "The app's client secret", settings.client_secret),
    ]
    webhook = provider.webhooks
    if webhook is not None and webhook.passcodes is None:
        secret = settings.others.get(webhook.secret, "")
        settings_needed.append((webhook.secret, "What its webhooks are signed with", secret))
    return tuple(
        SettingView(name=setting_name(provider.id, name), purpose=purpose, is_set=bool(value))
        for name, purpose, value in settings_needed
    )
