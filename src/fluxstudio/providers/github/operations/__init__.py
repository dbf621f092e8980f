"""What FluxStudio can do at GitHub."""

from fluxstudio.providers.github.operations import issues, repositories, subscribing, webhooks

__all__ = ["issues", "repositories", "subscribing", "webhooks"]
