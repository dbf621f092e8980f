"""The tokens of a sync in a table: a row for each token, a column for each mode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fluxstudio.faces.web.components.views import HeadView, LinkView, SearchView, TabView
from fluxstudio.faces.web.design_tokens.presenter import value_view
from fluxstudio.faces.web.design_tokens.views import ModeCell, ModesRow, TokenTablePage
from fluxstudio.flows.design_tokens.merging.fields import modes_of
from fluxstudio.flows.design_tokens.tree import TokenNode, TokenPath, TokenTree, read_tree

MAX_TABLE_ROWS = 300
CHANGED = "Changes"
DEFAULT_MODE = "Value"


def table_page(
    address: str, name: str, before: Mapping[str, Any], after: Mapping[str, Any], *, group: str, query: str
) -> TokenTablePage:
    """The table of a file as it is and as a run would leave it, of one group or of what changes."""
    old, new = read_tree(dict(before)), read_tree(dict(after))
    paths = list(dict.fromkeys([*new.tokens, *old.tokens]))
    kinds = {path: _kind(old.tokens.get(path), new.tokens.get(path)) for path in paths}
    changed = [path for path in paths if kinds[path]]
    groups: dict[str, list[TokenPath]] = {}
    for path in paths:
        groups.setdefault(path[0], []).append(path)
    chosen = group if group in groups or group == CHANGED else next(iter(groups), "")
    wanted = changed if chosen == CHANGED and CHANGED not in groups else groups.get(chosen, [])
    words = query.casefold()
    shown = [path for path in wanted if words in ".".join(path).casefold()]
    modes = list(dict.fromkeys(mode for path in shown for mode in _modes(old, new, path)))
    trees = _Colored(old), _Colored(new)
    rows = tuple(_row(path, kinds[path], modes, *trees) for path in shown[:MAX_TABLE_ROWS])
    tabs = [
        TabView(label=entry, href=_href(address, entry), current=entry == chosen, count=len(members))
        for entry, members in groups.items()
    ]
    if CHANGED not in groups:
        changes = TabView(
            label=CHANGED, href=_href(address, CHANGED), current=chosen == CHANGED, count=len(changed)
        )
        tabs.insert(0, changes)
    nothing = "No token has this in its name." if query else "A run would change nothing."
    return TokenTablePage(
        head=HeadView(
            title="Tokens",
            sentence="Every mode, as the repository has it after the next run.",
            parent=LinkView(label=name, href=address),
        ),
        groups=tuple(tabs),
        search=SearchView(
            label="Search tokens", action=f"{address}/tokens", query=query, hidden={"group": chosen}
        ),
        modes=(DEFAULT_MODE, *modes),
        rows=rows,
        nothing=nothing,
        more=max(0, len(shown) - MAX_TABLE_ROWS),
    )


class _Colored:
    """A file's tokens, and the colour that a reference leads to."""

    def __init__(self, tree: TokenTree) -> None:
        self.tree = tree

    def get(self, name: str) -> str | None:
        """The colour of what a name refers to, through all references."""
        seen: set[TokenPath] = set()
        target = self.tree.target(name)
        while target is not None and target.path not in seen:
            seen.add(target.path)
            view = value_view(target.value)
            if not view.is_alias:
                return view.swatch
            target = self.tree.target(view.words)
        return None


def _row(path: TokenPath, kind: str, modes: list[str], old: _Colored, new: _Colored) -> ModesRow:
    before, after = old.tree.tokens.get(path), new.tree.tokens.get(path)
    token = after or before
    cells = [_cell(before and before.value, after and after.value, old, new)]
    one, other = modes_of(before) if before else {}, modes_of(after) if after else {}
    cells += [_cell(one.get(mode), other.get(mode), old, new) for mode in modes]
    return ModesRow(
        path=".".join(path[1:]) or path[0],
        type=(token.type if token else None) or "",
        kind=kind,
        cells=tuple(cells),
    )


def _cell(before: Any, after: Any, old: _Colored, new: _Colored) -> ModeCell:
    was = None if before is None or before == after else value_view(before, old)
    return ModeCell(before=was, after=None if after is None else value_view(after, new))


def _kind(before: TokenNode | None, after: TokenNode | None) -> str:
    if before is None or after is None:
        return "added" if before is None else "deleted"
    same = before.value == after.value and modes_of(before) == modes_of(after)
    return "" if same else "changed"


def _modes(old: TokenTree, new: TokenTree, path: TokenPath) -> list[str]:
    tokens = (new.tokens.get(path), old.tokens.get(path))
    return [mode for token in tokens if token is not None for mode in modes_of(token)]


def _href(address: str, group: str) -> str:
    return f"{address}/tokens?{urlencode({'group': group})}"
