"""Git as the simulated GitHub keeps it: real objects under their real ids, in memory."""

from fluxstudio.providers.github.simulator.git.changes import FileChange, changes_between
from fluxstudio.providers.github.simulator.git.history import CommitHistory
from fluxstudio.providers.github.simulator.git.merging import merged_tree
from fluxstudio.providers.github.simulator.git.objects import CommitFields, CommitSignature
from fluxstudio.providers.github.simulator.git.store import GitStore, StoredCommit, TreeEntry

__all__ = [
    "CommitFields",
    "FileChange",
    "GitStore",
    "CommitHistory",
    "CommitSignature",
    "StoredCommit",
    "TreeEntry",
    "changes_between",
    "merged_tree",
]
