"""What a merge is given besides the three files, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Literal

from fluxstudio.flows.design_tokens.notation.meaning import ROOT_PIXELS
from fluxstudio.flows.design_tokens.tree import TokenPath

Policy = Literal["ask", "figma", "repository"]

NAME, DELETED, HELD = "name", "deleted", "held"


@dataclass(frozen=True, slots=True)
class TokenConflict:
    """One thing that both sides changed, or that must not happen by itself.

    `path` is where the token is in the repository, dotted; `field` is `$value`, `$type`, `name`, `deleted`,
    `held` and so on; the rest are the three values and, where it needs one, a reason.
    """

    path: str
    field: str
    base: Any = None
    ours: Any = None
    theirs: Any = None
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The conflict as the API and the command show it."""
        values = {
            "path": self.path,
            "field": self.field,
            "base": self.base,
            "ours": self.ours,
            "theirs": self.theirs,
        }
        return values if self.reason is None else {**values, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class TokenChange:
    """One thing that the merge changes in the repository: `kind` is added, changed, moved or deleted."""

    kind: Literal["added", "changed", "moved", "deleted"]
    path: str
    field: str
    before: Any = None
    after: Any = None

    def as_json(self) -> dict[str, Any]:
        """The change as the API shows it."""
        return {
            "kind": self.kind,
            "path": self.path,
            "field": self.field,
            "before": self.before,
            "after": self.after,
        }


@dataclass(frozen=True, slots=True)
class MergeOptions:
    """How to merge.

    `group_policies` are by dotted path of a group and go before `policy`. `skipped` are dotted paths or
    variable ids that could not be read from Figma: they count as unchanged. So do `skipped_modes`, each a
    variable's id and the name of a mode. By `path.field`, `declined` holds
    values of Figma that a person refused and `chosen` those that a person took. `ids` gives the path of
    variables whose tokens carry no id. `modes` are modes renamed in Figma, old name to new. `complete` says
    that whatever is missing in Figma is really gone; `accepted_holds` that a person agreed to what was held;
    `deferred` are paths whose deletion was put off once already.
    """

    policy: Policy = "ask"
    group_policies: Mapping[str, Policy] = field(default_factory=dict)
    root_pixels: float = ROOT_PIXELS
    skipped: Set[str] = frozenset()
    skipped_modes: Set[tuple[str, str]] = frozenset()
    declined: Mapping[str, Any] = field(default_factory=dict)
    chosen: Mapping[str, Any] = field(default_factory=dict)
    ids: Mapping[str, TokenPath] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True
    accepted_holds: bool = False
    deferred: Set[str] = frozenset()

    def policy_for(self, path: TokenPath) -> Policy:
        """The policy of the nearest group that has one."""
        for length in range(len(path), 0, -1):
            policy = self.group_policies.get(".".join(path[:length]))
            if policy is not None:
                return policy
        return self.policy


@dataclass(frozen=True, slots=True)
class MergeResult:
    """The merged text (without byte order mark), what changed, and what a person has to decide."""

    text: str
    root: dict[str, Any]
    changes: tuple[TokenChange, ...]
    conflicts: tuple[TokenConflict, ...]

    @property
    def held(self) -> bool:
        """Whether nothing may be written before a person agrees."""
        return any(conflict.field == HELD for conflict in self.conflicts)
