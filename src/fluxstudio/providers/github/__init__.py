"""GitHub: repositories, issues, pull requests, commits, branches, webhooks, and who works on them."""

from fluxstudio.providers.github import hooks, issues, repositories, subscribing
from fluxstudio.providers.github.declaration import github

__all__ = ["github", "hooks", "issues", "repositories", "subscribing"]
