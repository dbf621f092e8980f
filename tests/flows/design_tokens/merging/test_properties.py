"""What holds of every merge, whatever the trees and the edits."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as some

from fluxstudio.flows.design_tokens.checking import circular, dangling
from fluxstudio.flows.design_tokens.merging.matching import match_tokens
from fluxstudio.flows.design_tokens.merging.model import MergeResult
from fluxstudio.flows.design_tokens.notation.kinds import LOOSE_TYPES
from fluxstudio.flows.design_tokens.notation.meaning import ValueReading
from fluxstudio.flows.design_tokens.tree import read_tree
from tests.flows.design_tokens.trees import (
    Tree,
    document,
    edited,
    merged,
    node_at,
    paths_of,
    shuffled,
    trees,
)

few = settings(max_examples=25, deadline=None)


@some.composite
def pairs(draw: some.DrawFn, /, **how: Any) -> tuple[Tree, Tree]:
    base = draw(trees())
    return base, draw(edited(base, **how))


@some.composite
def triples(draw: some.DrawFn, /, **how: Any) -> tuple[Tree, Tree, Tree]:
    base = draw(trees())
    return base, draw(edited(base, **how)), draw(edited(base, **how))


def root(result: MergeResult) -> Any:
    return json.loads(result.text)


def without_empty_groups(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    inner = {key: without_empty_groups(value) for key, value in tree.items()}
    return {key: value for key, value in inner.items() if value != {}}


def named(result: MergeResult) -> set[tuple[str, str]]:
    return {
        (conflict.path, conflict.field)
        for conflict in result.conflicts
        if not (conflict.reason or "").startswith(("referred", "it may", "refers"))
    }


@few
@given(base=trees())
def test_what_nobody_changed_keeps_its_bytes(base: Tree) -> None:
    for indent, newline, end in ((2, "\n", "\n"), (4, "\r\n", ""), (None, "\n", "\n\n")):
        theirs = document(base, indent=indent, newline=newline, end=end)
        assert merged(base, base, theirs).text == theirs.text


@few
@given(pair=pairs())
def test_what_only_the_repository_changed_keeps_its_bytes(pair: tuple[Tree, Tree]) -> None:
    base, theirs = pair
    written = document(theirs, indent=4)
    result = merged(base, base, written)
    assert (result.text, result.conflicts) == (written.text, ())


@few
@given(pair=pairs())
def test_what_only_figma_changed_arrives(pair: tuple[Tree, Tree]) -> None:
    base, ours = pair
    result = merged(base, ours, base)
    if not result.conflicts:
        assert without_empty_groups(root(result)) == without_empty_groups(ours)


@few
@given(pair=pairs())
def test_the_same_change_on_both_sides_is_no_conflict(pair: tuple[Tree, Tree]) -> None:
    base, both = pair
    written = document(both)
    result = merged(base, both, written)
    assert (result.text, result.conflicts) == (written.text, ())


def types_of(tree: Tree) -> dict[tuple[str, ...], str | None]:
    return {path: node_at(tree, path).get("$type") for path in paths_of(tree)}


def assume_exchangeable(ours: Tree, theirs: Tree) -> None:
    """Leave out a type that Figma cannot tell and a repository can: that counts on one side only."""
    mine, yours = types_of(ours), types_of(theirs)
    assume(
        all(
            mine[path] == yours[path] or LOOSE_TYPES.isdisjoint({mine[path], yours[path]})
            for path in mine.keys() & yours.keys()
        )
    )


@few
@given(triple=triples())
def test_conflicts_do_not_depend_on_whose_side_is_whose(triple: tuple[Tree, Tree, Tree]) -> None:
    base, ours, theirs = triple
    assume_exchangeable(ours, theirs)
    one, other = merged(base, ours, theirs), merged(base, theirs, ours)
    fields = [sorted(field for _, field in named(result) if field != "name") for result in (one, other)]
    assert fields[0] == fields[1]


@few
@given(triple=triples(structure=False))
def test_without_conflicts_the_sides_may_be_exchanged(triple: tuple[Tree, Tree, Tree]) -> None:
    base, ours, theirs = triple
    assume_exchangeable(ours, theirs)
    one, other = merged(base, ours, theirs), merged(base, theirs, ours)
    if not one.conflicts:
        assert root(one) == root(other)


@few
@given(triple=triples(structure=False))
def test_figma_first_is_the_repository_first_the_other_way_round(triple: tuple[Tree, Tree, Tree]) -> None:
    base, ours, theirs = triple
    assume_exchangeable(ours, theirs)
    assert root(merged(base, ours, theirs, policy="figma")) == root(
        merged(base, theirs, ours, policy="repository")
    )


@few
@given(triple=triples())
def test_a_second_run_with_nothing_new_changes_nothing(triple: tuple[Tree, Tree, Tree]) -> None:
    base, ours, theirs = triple
    first = merged(base, ours, theirs)
    again = merged(base, ours, root(first))
    settled = merged(ours, ours, document(root(first)))
    assert settled.text == document(root(first)).text
    if not first.conflicts:
        assert root(again) == root(first)


@few
@given(triple=triples())
def test_nothing_is_invented_and_nothing_is_lost(triple: tuple[Tree, Tree, Tree]) -> None:
    base, ours, theirs = triple
    result = merged(base, ours, theirs)
    sides = [read_tree(tree) for tree in (base, ours, theirs, root(result))]
    read = ValueReading(str).meaning
    values = {repr(read(token.value, token.type)) for side in sides[:3] for token in side}
    written = {repr(read(token.value, token.type)) for token in sides[3] if "{" not in str(token.value)[:1]}
    assert written <= values
    conflicted = {conflict.path for conflict in result.conflicts}
    matches = match_tokens(sides[0], sides[1], sides[2], {})
    stored = {(token.variable_id or token.dotted): token for token in sides[3]}
    for match in matches.all:
        edited_value = match.theirs and match.base and match.theirs.value != match.base.value
        if edited_value and match.theirs and match.theirs.dotted not in conflicted:
            ours_same = match.ours is not None and match.ours.value == match.theirs.value
            there = stored.get(match.theirs.variable_id or match.theirs.dotted)
            assert ours_same or there is not None


@few
@given(triple=triples())
def test_nothing_dangles_and_nothing_goes_in_circles(triple: tuple[Tree, Tree, Tree]) -> None:
    result = read_tree(root(merged(*triple)))
    assert dangling(result) == set()
    assert circular(result) == []


@few
@given(triple=triples())
def test_the_repositorys_order_is_kept(triple: tuple[Tree, Tree, Tree]) -> None:
    base, ours, theirs = triple
    before, after = paths_of(theirs), paths_of(root(merged(base, ours, theirs)))
    stayed = [path for path in before if path in after]
    assert [path for path in after if path in set(before)] == stayed


@few
@given(triple=triples(structure=False))
def test_order_and_spacing_of_the_other_files_say_nothing(triple: tuple[Tree, Tree, Tree]) -> None:
    base, ours, theirs = triple
    plain = merged(base, ours, theirs).text
    assert merged(shuffled(base), shuffled(ours), theirs).text == plain
    assert merged(base, ours, theirs).text == plain


@few
@given(base=trees(), noise=some.sampled_from([1e-6, -1e-6, 4e-7]))
def test_noise_below_four_decimals_is_no_change(base: Tree, noise: float) -> None:
    ours = json.loads(json.dumps(base), parse_float=lambda text: float(text) + noise)
    written = document(base)
    assert merged(base, ours, written).text == written.text


@few
@given(base=trees(), data=some.data())
def test_two_edits_may_be_synced_one_by_one(base: Tree, data: some.DataObject) -> None:
    first = data.draw(edited(base, most=1, structure=False))
    both = json.loads(json.dumps(first))
    path = data.draw(some.sampled_from(paths_of(base)))
    assume(node_at(first, path) == node_at(base, path))
    node_at(both, path)["$description"] = "Second edit"
    stepwise = merged(first, both, root(merged(base, first, base)))
    assert stepwise.text == merged(base, both, base).text


@few
@given(triple=triples(structure=False))
def test_names_do_not_matter(triple: tuple[Tree, Tree, Tree]) -> None:
    def renamed(tree: Tree) -> Tree:
        text = json.dumps(tree)
        for old, new in (("deck", "bridge"), ("hull", "stern"), ("keel", "bow")):
            text = text.replace(f'"{old}"', f'"{new}"').replace(f"{{{old}.", f"{{{new}.")
        return dict(json.loads(text))

    base, ours, theirs = triple
    assert renamed(root(merged(base, ours, theirs))) == root(
        merged(renamed(base), renamed(ours), renamed(theirs))
    )


@few
@given(triple=triples())
def test_only_what_changed_is_written(triple: tuple[Tree, Tree, Tree]) -> None:
    base, ours, theirs = triple
    written = document(theirs)
    result = merged(base, ours, written)
    untouched = {token.dotted for token in read_tree(theirs)} - {change.path for change in result.changes}
    lines = result.text.split("\n")
    for line in written.text.split("\n"):
        if '"$value"' not in line and '"value"' not in line and not result.changes:
            assert line in lines
    assert untouched is not None
    assert merge_again(base, ours, theirs) == result.text


def merge_again(base: Tree, ours: Tree, theirs: Tree) -> str:
    """A second process, as it were."""
    return merged(json.loads(json.dumps(base)), json.loads(json.dumps(ours)), document(theirs)).text
