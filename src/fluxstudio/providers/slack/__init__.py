"""Slack: posts updates and files to a team's channels, and reads them."""

from fluxstudio.providers.slack import notifier as notifier
from fluxstudio.providers.slack.declaration import slack

__all__ = ["slack"]
