"""GitHub: repositories, issues, pull requests, commits, branches, webhooks, and who works on them."""

from fluxstudio.providers.github import operations
from fluxstudio.providers.github.declaration import github

__all__ = ["github", "operations"]
