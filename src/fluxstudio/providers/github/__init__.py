"""GitHub: repositories, issues, pull requests, commits, branches and the people who work on them."""

from fluxstudio.providers.github import issues, repositories
from fluxstudio.providers.github.declaration import github

__all__ = ["github", "issues", "repositories"]
