"""Driftwood's variables: a palette, the roles colours play by day and by night, and sizes."""

from __future__ import annotations

from typing import Any

from fluxstudio.providers.figma.simulator.designs.driftwood import COLOURS, FONT, key_of, rgba

# name → colour by day, colour by night
ROLES = {
    "page": ("Sand/50", "Harbour/900"),
    "surface": ("White", "Harbour/700"),
    "text": ("Ink/900", "Sand/50"),
    "text-quiet": ("Ink/600", "Harbour/200"),
    "action": ("Coral/500", "Sun/300"),
}
# name → scope, comfortable, compact
SIZES = {
    "space/small": ("GAP", 8, 4),
    "space/medium": ("GAP", 16, 12),
    "space/large": ("GAP", 32, 24),
    "radius/control": ("CORNER_RADIUS", 10, 8),
    "radius/card": ("CORNER_RADIUS", 16, 12),
    "weight/strong": ("FONT_WEIGHT", 600, 600),
    "opacity/disabled": ("OPACITY", 40, 40),
}


class Library:
    """Variables and their collections, growing as they are added."""

    def __init__(self) -> None:
        self.variables: dict[str, Any] = {}
        self.collections: dict[str, Any] = {}

    def collection(self, name: str, *modes: str) -> str:
        """Add a collection; returns its id."""
        number = len(self.collections) + 1
        key = f"VariableCollectionId:{number}:0"
        self.collections[key] = {
            "id": key,
            "name": name,
            "key": key_of("collection", name),
            "modes": [{"modeId": f"{number}:{at}", "name": mode} for at, mode in enumerate(modes)],
            "defaultModeId": f"{number}:0",
            "remote": False,
            "hiddenFromPublishing": False,
            "variableIds": [],
        }
        return key

    def variable(self, home: str, name: str, kind: str, scope: str, *values: Any) -> str:
        """Add a variable with a value for each mode of its collection; returns its id."""
        key = f"VariableID:{len(self.variables) + 1}:1"
        modes = [mode["modeId"] for mode in self.collections[home]["modes"]]
        self.variables[key] = {
            "id": key,
            "name": name,
            "key": key_of("variable", home, name),
            "variableCollectionId": home,
            "resolvedType": kind,
            "valuesByMode": dict(zip(modes, values, strict=True)),
            "remote": False,
            "description": "",
            "hiddenFromPublishing": False,
            "scopes": [scope],
            "codeSyntax": {},
        }
        self.collections[home]["variableIds"].append(key)
        return key


def variables() -> dict[str, Any]:
    """`{variables, variableCollections}` as Figma answers them."""
    library = Library()
    palette = library.collection("Palette", "Value")
    colours = {
        name: library.variable(palette, name, "COLOR", "ALL_SCOPES", rgba(code))
        for name, (code, _) in COLOURS.items()
    }
    roles = library.collection("Roles", "Day", "Night")
    for name, chosen in ROLES.items():
        aliases = [{"type": "VARIABLE_ALIAS", "id": colours[colour]} for colour in chosen]
        library.variable(roles, name, "COLOR", "ALL_FILLS", *aliases)
    sizes = library.collection("Sizes", "Comfortable", "Compact")
    for name, (scope, roomy, tight) in SIZES.items():
        library.variable(sizes, name, "FLOAT", scope, roomy, tight)
    library.variable(sizes, "font/family", "STRING", "FONT_FAMILY", FONT, FONT)
    library.variable(sizes, "greeting", "STRING", "TEXT_CONTENT", "Ahoy", "Ahoy")
    return {"variables": library.variables, "variableCollections": library.collections}
