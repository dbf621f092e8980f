"""Our plugin for Figma: it reads a file's variables, on any plan, and sends them here with a one-time code.

Figma lets a plugin reach only what its manifest names (developers.figma.com/docs/plugins/manifest, read
2026-11-30), so that each installation of the product has a plugin of its own.
"""

from __future__ import annotations

import io
import json
import zipfile
from importlib.resources import files
from urllib.parse import urlsplit

from fluxstudio.kit.addresses import is_loopback_host

NAME = "FluxStudio token sync"
FOLDER = "fluxstudio-token-sync"
# A file of an archive has a time; one and the same makes the same archive.
ARCHIVE_TIME = (2026, 1, 1, 0, 0, 0)


def plugin_archive(address: str) -> bytes:
    """The plugin as a ZIP archive to be unpacked; `address` is where it posts to."""
    parts = {name: (files(__package__) / name).read_text() for name in ("main.js", "ui.html")}
    parts["ui.html"] = parts["ui.html"].replace('"{{ADDRESS}}"', _for_script(address))
    parts["manifest.json"] = json.dumps(_manifest(address), indent=2) + "\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(parts.items()):
            archive.writestr(zipfile.ZipInfo(f"{FOLDER}/{name}", ARCHIVE_TIME), text)
    return packed.getvalue()


def _for_script(address: str) -> str:
    return json.dumps(address).replace("<", "\\u003c")


def _manifest(address: str) -> dict[str, object]:
    place = urlsplit(address)
    origin = f"{place.scheme}://{place.netloc}"
    is_local = is_loopback_host(place.netloc)
    network = {
        "allowedDomains": ["none"] if is_local else [origin],
        "devAllowedDomains": [origin.replace("127.0.0.1", "localhost")] if is_local else [],
        "reasoning": "Sends the file's variables to your FluxStudio.",
    }
    return {
        "name": NAME,
        "api": "1.0.0",
        "main": "main.js",
        "ui": "ui.html",
        "editorType": ["figma"],
        "documentAccess": "dynamic-page",
        "networkAccess": network,
    }
