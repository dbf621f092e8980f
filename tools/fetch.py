"""Fetch the npm files that tools/assets.toml pins, and let none through whose digest differs."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import tarfile
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools import node
from tools.checkout import CACHE, ROOT, VENV, Command, SetupError, run

MANIFEST = ROOT / "tools" / "assets.toml"
FOLDERS = {"run": VENV / "share" / "fluxstudio" / "static", "test": CACHE / "pins"}

# Remembers in each folder which file came from which tarball.
LEDGER = "sources.json"


@dataclass(frozen=True)
class Package:
    """One npm package: an exact version, the digest of its tarball, and the files to take out of it."""

    name: str
    version: str
    profile: str
    integrity: str
    files: Mapping[str, str]


def read_manifest(path: Path = MANIFEST) -> list[Package]:
    """The packages that `path` pins."""
    return [Package(**entry) for entry in tomllib.loads(path.read_text())["package"]]


def provide(*profiles: str) -> None:
    """Make the files of the profiles ("run", "test") present; fetch only what is missing or newly pinned."""
    for package in read_manifest():
        if package.profile in profiles:
            _provide(package, FOLDERS[package.profile])


def _provide(package: Package, folder: Path) -> None:
    ledger = folder / LEDGER
    present = json.loads(ledger.read_text()) if ledger.exists() else {}
    wanted = dict.fromkeys(package.files.values(), package.integrity)
    if wanted.items() <= present.items() and all((folder / name).exists() for name in wanted):
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fluxstudio-") as workspace:
        tarball = download(package, Path(workspace))
        verify(tarball, package)
        unpack(tarball, package, folder)
    _write(ledger, json.dumps(present | wanted, indent=1).encode())


def download(package: Package, folder: Path) -> Path:
    """Have npm put the package's tarball into `folder`, from wherever npm is configured to find packages."""
    settings = node.npm_settings()
    failures = []
    for client in (_installed_npm, node.npm):
        try:
            if npm := client():
                run([*npm, "pack", "--silent", f"{package.name}@{package.version}"], cwd=folder, env=settings)
                return next(folder.glob("*.tgz"))
        except SetupError as failed:
            failures.append(str(failed))
    raise SetupError("\n".join([f"npm could not fetch {package.name}@{package.version}.", *failures]))


def verify(tarball: Path, package: Package) -> None:
    """Raise SetupError unless the tarball has the pinned digest."""
    algorithm, _, expected = package.integrity.partition("-")
    with tarball.open("rb") as stream:
        digest = base64.b64encode(hashlib.file_digest(stream, algorithm).digest()).decode()
    if digest != expected:
        raise SetupError(
            f"{package.name}@{package.version} is not the file this project pins: its {algorithm} digest is "
            f"{digest}, tools/assets.toml says {expected}. Nothing of it was used. "
            "Check which registry npm is configured with."
        )


def unpack(tarball: Path, package: Package, folder: Path) -> None:
    """Write the named files of the tarball into `folder`, JSON without white space; skip everything else."""
    missing = dict(package.files)
    with tarfile.open(tarball, "r|gz") as archive:
        for member in archive:
            target = missing.pop(member.name.partition("/")[2], None)
            content = archive.extractfile(member) if target else None
            if target and content:
                _write(folder / target, _compact(target, content.read()))
            if not missing:
                return
    raise SetupError(f"{package.name}@{package.version} has no {', '.join(missing)}.")


def _compact(name: str, content: bytes) -> bytes:
    if not name.endswith(".json"):
        return content
    return json.dumps(json.loads(content), ensure_ascii=False, separators=(",", ":")).encode()


def _write(path: Path, content: bytes) -> None:
    """Write in one step: an interrupted set-up leaves the old file or none."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_bytes(content)
    draft.replace(path)


def _installed_npm() -> Command | None:
    npm = shutil.which("npm")
    return [npm] if npm else None
