"""Token files as tools that others wrote read them, and our plugin as Figma's typings have it."""

from __future__ import annotations

import asyncio
import copy
import json
from pathlib import Path
from typing import Any

from fluxstudio.flows.design_tokens.conversion import to_legacy
from fluxstudio.flows.design_tokens.files.reading import read_document
from fluxstudio.flows.design_tokens.merging.merge import merge
from fluxstudio.providers.figma import plugin
from fluxstudio.providers.figma.simulator.designs.variables import variables
from fluxstudio.providers.figma.tokens import tokens_of_variables
from tests.witnesses.node import PROGRAM, node
from tools.witnesses import FOLDER

CLIENT = Path(__file__).parent / "clients" / "tokens.mjs"
STRINGS = {
    "radius": {"small": {"$type": "dimension", "$value": "6px"}},
    "ink": {"$type": "color", "$value": "#0b3d91"},
    "link": {"$type": "color", "$value": "{ink}"},
}
OBJECTS = {
    "radius": {"small": {"$type": "dimension", "$value": {"value": 6, "unit": "px"}}},
    "ink": {
        "$type": "color",
        "$value": {"colorSpace": "srgb", "components": [0, 0.2, 0.6], "hex": "#003399"},
    },
    "fade": {"$type": "duration", "$value": {"value": 120, "unit": "ms"}},
}


def legacy(root: dict[str, Any]) -> str:
    return to_legacy(read_document(json.dumps(root, indent=2).encode(), "tokens.json"))


def synced(text: str) -> list[str]:
    """A repository's file, and what a first sync and one after edits on both sides make of it."""
    library = variables()
    first, _ = tokens_of_variables(library["variables"], library["variableCollections"])
    adopted = merged({}, first, text)
    edited = copy.deepcopy(library)
    for variable in edited["variables"].values():
        for mode, value in variable["valuesByMode"].items():
            if isinstance(value, dict) and "r" in value:
                variable["valuesByMode"][mode] = {**value, "r": 0.5, "a": 0.4}
    second, _ = tokens_of_variables(edited["variables"], edited["variableCollections"])
    return [text, adopted, merged(first, second, adopted)]


def merged(base: Any, ours: Any, theirs: str) -> str:
    documents = [read_document(json.dumps(root).encode(), "side") for root in (base, ours)]
    return merge(documents[0], documents[1], read_document(theirs.encode(), "tokens.json")).text


async def test_no_file_is_worse_for_other_tools_than_the_one_before(tmp_path: Path) -> None:
    files = [json.dumps(STRINGS, indent=2), json.dumps(OBJECTS, indent="\t"), legacy(OBJECTS), "{}"]
    runs = [synced(text) for text in files]
    (tmp_path / "files.json").write_text(json.dumps([text for run in runs for text in run]))
    async with node(CLIENT, tmp_path / "tokens.log", FILES=str(tmp_path / "files.json")) as message:
        faults = [tuple(counts) for counts in message["faults"]]
    for at, run in enumerate(runs):
        before, *after = faults[at * 3 : at * 3 + 3]
        for counts in after:
            assert counts[1] <= before[1], (run[0], faults)
            # Terrazzo refuses text where the format has objects: a file that is written so stays so.
            assert counts[0] <= before[0] or before[0] > 0, (run[0], faults)


async def test_the_plugin_reads_variables_as_figmas_typings_have_them() -> None:
    script = Path(plugin.__file__).parent / "main.js"
    typings = FOLDER / "node_modules/@figma/plugin-typings/index.d.ts"
    options = ("--noEmit", "--allowJs", "--checkJs", "--target", "es2022", "--lib", "es2022")
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        FOLDER / "node_modules/typescript/bin/tsc",
        *options,
        "--strict",
        "--skipLibCheck",
        "--moduleDetection",
        "force",
        script,
        typings,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
