"""The Python environment in .venv: create it, bring pip and uv in, install the locked requirements."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import re
import shutil
import sys
import sysconfig
import zipfile
from pathlib import Path

from tools import debian
from tools.checkout import PYTHON, ROOT, VENV, Command, SetupError, run, say

LOCKS = ROOT / "requirements"
BOOTSTRAP = ["install", "--quiet", "--require-hashes", "-r", str(LOCKS / "setup.txt")]

# pip's option → the variable uv reads for the same thing.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
}


def create() -> None:
    """Make sure .venv is a working environment of this Python, with the locked pip, setuptools and uv in it.

    Raises SetupError naming the one command to run where no pip can be found or fetched.
    """
    if not _healthy():
        remove()
        run([sys.executable, "-m", "venv", "--without-pip", VENV])
    failures = []
    for way in (_pip_inside, _bundled_pip, _other_pip, _other_uv, _virtualenv, _debian_pip):
        try:
            if installer := way():
                run(installer)
                return
        except SetupError as failed:
            failures.append(str(failed))
    raise SetupError(
        "\n".join(["Nothing could install Python packages into .venv.", *failures])
        + f"\nIf the cause is that {sys.executable} has no pip, run this once, then run make again:\n"
        "    sudo apt-get install -y python3-venv"
    )


def remove() -> None:
    """Throw .venv away: what an interrupted set-up left cannot be trusted."""
    shutil.rmtree(VENV, ignore_errors=True)


def install(*locks: str) -> None:
    """Make .venv hold exactly what the named lock files say, and this checkout as an editable install."""
    files = [LOCKS / f"{name}.txt" for name in ("setup", *locks)]
    wanted = [word for file in files for word in ("-r", str(file))]
    editable = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    try:
        uv("sync", "--require-hashes", *map(str, files))
        uv("install", *editable)
    except SetupError as failed:
        say(f"  uv could not install the packages, pip goes on. {failed}")
        run([PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", *wanted])
        run([PYTHON, "-m", "pip", "install", "--quiet", *editable])


def provide_aside(lock: str, folder: Path) -> None:
    """Make a folder outside .venv hold a lock file's packages; nothing is fetched again while it does."""
    stamp = folder / "lock.sha256"
    locked = hashlib.sha256((LOCKS / f"{lock}.txt").read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != locked:
        shutil.rmtree(folder, ignore_errors=True)
        install_aside(lock, folder)
        stamp.write_text(locked)


def install_aside(lock: str, folder: Path) -> None:
    """Install a lock file's packages into a folder of their own, outside .venv."""
    wanted = ["--no-deps", "--require-hashes", "--target", str(folder), "-r", str(LOCKS / f"{lock}.txt")]
    try:
        uv("install", *wanted)
    except SetupError:
        run([PYTHON, "-m", "pip", "install", "--quiet", *wanted])


def uv(command: str, *arguments: str, published_only: bool = False) -> str:
    """Run `uv pip` with what pip is configured with.

    `published_only` leaves pip's additional sources out: a lock file must name what everyone can fetch.
    """
    settings = uv_settings(run([PYTHON, "-m", "pip", "config", "list"]))
    if published_only:
        settings = {
            name: value for name, value in settings.items() if name not in {"UV_INDEX", "UV_FIND_LINKS"}
        }
    python = [] if command == "compile" else ["--python", str(PYTHON)]
    return run(
        [VENV / "bin" / "uv", "pip", command, "--quiet", *python, *arguments], env=settings | os.environ
    )


def uv_settings(pip_config: str) -> dict[str, str]:
    """Translate the output of `pip config list` into the variables uv reads.

    uv knows nothing of pip's files, so without this a company's index, mirror or certificate would be lost.
    """
    results: dict[str, str] = {}
    for section in ("global", "install", ":env:"):
        for name, value in re.findall(rf"^{section}\.([a-z-]+)=('.*'|\".*\")$", pip_config, re.MULTILINE):
            if name in UV_NAMES:
                results[UV_NAMES[name]] = str(ast.literal_eval(value))
    settings = {"UV_SYSTEM_CERTS": "1"}
    for name, value in results.items():
        joiner = "," if name == "UV_FIND_LINKS" else " "
        settings[name] = joiner.join(value.split())
    if "UV_INDEX" in settings:
        # pip looks at all its indexes alike; every file is pinned by its hash, so uv may do the same.
        settings["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return settings


def _healthy() -> bool:
    """Whether .venv holds an environment of the Python that runs this."""
    try:
        version = run([PYTHON, "-c", "import sys; print(sys.prefix, *sys.version_info[:2])"])
    except (SetupError, OSError):
        return False
    return version.split() == [str(VENV), *map(str, sys.version_info[:2])]


def _pip_inside() -> Command | None:
    return [PYTHON, "-m", "pip", *BOOTSTRAP] if any(VENV.glob("lib/python*/site-packages/pip")) else None


def _bundled_pip() -> Command | None:
    """The pip wheel that Python's own ensurepip would install, where Python has it."""
    spec = importlib.util.find_spec("ensurepip")
    folders = [Path(spec.origin).parent / "_bundled"] if spec and spec.origin else []
    if packaged := sysconfig.get_config_var("WHEEL_PKG_DIR"):
        folders.append(Path(packaged))
    wheels = (wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl")))
    return _with_pip(next(wheels, None))


def _other_pip() -> Command | None:
    result = importlib.util.find_spec("pip")
    return [sys.executable, "-m", "pip", "--python", PYTHON, *BOOTSTRAP] if result else None


def _other_uv() -> Command | None:
    tool = shutil.which("uv")
    return [tool, "pip", *BOOTSTRAP, "--python", PYTHON] if tool else None


def _virtualenv() -> Command | None:
    tool = shutil.which("virtualenv")
    if tool is None:
        return None
    run([tool, "--quiet", "--clear", "--python", sys.executable, VENV])
    return _pip_inside()


def _debian_pip() -> Command | None:
    if not debian.available():
        return None
    say("  This Python comes without pip: fetching Debian's pip into .cache.")
    wheels = debian.unpack("python3-pip-whl").glob("usr/share/python-wheels/pip-*.whl")
    return _with_pip(next(wheels, None))


def _with_pip(wheel: Path | None) -> Command | None:
    """Unpack a pip wheel into .venv (ensurepip does the same, two seconds slower) and say how to call it."""
    if wheel is None:
        return None
    purelib = next(VENV.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(purelib)
    return _pip_inside()
