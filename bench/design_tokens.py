"""How long a merge of many design tokens takes, and how much memory beside the file's own size."""

from __future__ import annotations

import copy
import json
import time
import tracemalloc
from statistics import median
from typing import Any

from fluxstudio.flows.design_tokens.files.reading import read_document
from fluxstudio.flows.design_tokens.merging.merge import merge
from fluxstudio.flows.design_tokens.merging.model import MergeOptions, MergeResult

TOKENS, GROUPS = 5000, 50


def design_tokens(repetitions: int) -> str:
    """Both sides edited a tenth of the tokens; the files are read each time."""
    files = [json.dumps(tree, indent=2).encode() for tree in _trees()]
    size = len(files[2])
    taken = []
    for _ in range(repetitions):
        begin = time.process_time()
        result = _merged(files)
        taken.append(time.process_time() - begin)
    tracemalloc.start()
    _merged(files)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (
        f"{TOKENS:,} tokens, {size / 1024:,.0f} KB, {len(result.changes):,} changes merged: "
        f"{1000 * median(taken):,.0f} ms of a processor, {peak / size:.0f} times the file in memory"
    )


def _merged(files: list[bytes]) -> MergeResult:
    base, ours, theirs = (read_document(data) for data in files)
    return merge(base, ours, theirs, MergeOptions(accepted_holds=True))


def _trees() -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A palette and what refers to it: as it was, with Figma's edits, and with the repository's."""
    base: dict[str, Any] = {}
    for number in range(TOKENS):
        group = base.setdefault(f"group {number % GROUPS}", {})
        share = number % 256
        value: Any = {
            "colorSpace": "srgb",
            "components": [round(share / 255, 4), 0.2, 1],
            "hex": f"#{share:02x}33ff",
        }
        if number % 5 == 0 and number >= GROUPS:
            value = f"{{group {number % GROUPS}.token {number - GROUPS}}}"
        group[f"token {number}"] = {
            "$type": "color",
            "$value": value,
            "$description": f"Colour number {number}",
            "$extensions": {"com.figma.variableId": f"VariableID:1:{number}"},
        }
    ours, theirs = copy.deepcopy(base), copy.deepcopy(base)
    for at, group in enumerate(ours.values()):
        for number, name in enumerate(list(group)):
            if number % 10 == 1:
                group[name]["$value"] = {"colorSpace": "srgb", "components": [0, 0, 0], "hex": "#000000"}
        group["new"] = {"$type": "color", "$value": f"{{{next(iter(ours))}.token 0}}"}
        group[f"renamed {at}"] = group.pop(next(reversed([name for name in group if name != "new"])))
    for group in theirs.values():
        for number, token in enumerate(group.values()):
            if number % 10 == 2:
                token["$description"] = "Of the repository"
    return base, ours, theirs
