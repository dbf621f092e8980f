"""Debian packages: installed as root, unpacked under .cache and out of the system's way as anyone else."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.checkout import CACHE, SetupError, run, say

BIN = CACHE / "bin"
LIB = CACHE / "lib"
UNPACKED = CACHE / "debian"
POLICY = Path("/usr/sbin/policy-rc.d")

# What the tests start → the package that has it.
PROGRAMS = {
    "chromium-headless-shell": "chromium-headless-shell",
    "redis-server": "redis-server",
    "postgres": "postgresql-15",
    "pgbouncer": "pgbouncer",
    "nginx": "nginx-light",
    "haproxy": "haproxy",
}
FONTS = "fonts-dejavu-core"
OLDEST_POSTGRES = 15
POSTGRES_TOOLS = ("initdb", "pg_basebackup", "pg_ctl", "pg_dump", "pg_restore", "psql")
MACHINE = f"lib/{platform.machine()}-linux-gnu"
LIBRARIES = (f"usr/{MACHINE}", MACHINE, f"usr/{MACHINE}/pulseaudio")
INSTALL = ("--no-install-recommends", "install")


def available() -> bool:
    """Whether this machine can fetch Debian packages."""
    return bool(shutil.which("apt-get") and shutil.which("dpkg"))


def provide_programs() -> None:
    """Put the browser and the servers that the tests start into .cache/bin.

    What the machine has is linked. What is missing is installed from Debian as root, or unpacked under
    .cache as anyone else. Raises SetupError naming the one command to run where neither works.
    """
    missing = [package for program, package in PROGRAMS.items() if not find(program)]
    if missing:
        say(f"  Missing for the tests: {', '.join(missing)}. Fetching from Debian.")
        try:
            if os.geteuid() == 0:
                _install(*missing, FONTS)
            else:
                unpack(*missing, FONTS)
        except SetupError as failed:
            raise SetupError(f"{failed}\n{_by_hand(missing)}") from failed
    BIN.mkdir(parents=True, exist_ok=True)
    for program in PROGRAMS:
        result = find(program)
        if not result:
            raise SetupError(_by_hand(missing))
        _offer(result, program)
        if program == "postgres":
            for tool in POSTGRES_TOOLS:
                _offer(result.with_name(tool), tool)
    _lend_libatomic()


def find(program: str) -> Path | None:
    """The program on this machine or unpacked under .cache, or None."""
    if program == "chromium-headless-shell":
        # What Debian calls so is a script that names its place in the system.
        return _first(_which(program), UNPACKED / "usr/lib/chromium" / program)
    if program == "postgres":
        return _first(*_postgres_servers(), _which("postgres"))
    folders = (Path("/usr/sbin"), UNPACKED / "usr/bin", UNPACKED / "usr/sbin")
    return _first(_which(program), *(folder / program for folder in folders))


def unpack(*packages: str) -> Path:
    """Fetch packages with everything they need that is not installed, unpack them, and return the folder.

    Works without root: apt keeps its lists and archives under .cache. Nothing is installed or started.
    """
    if not available():
        raise SetupError("This machine has no apt-get.")
    state = CACHE / "apt"
    for folder in ("lists/partial", "archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    options = [
        f"-oDir::State::Lists={state}/lists",
        f"-oDir::Cache={state}",
        "-oDebug::NoLocking=true",
        "-oAPT::Sandbox::User=root",
        "-oAcquire::Languages=none",
    ]
    _refresh(*options)
    _apt_get(*options, "--download-only", *INSTALL, *packages)
    for archive in sorted((state / "archives").glob("*.deb")):
        run(["dpkg", "--extract", archive, UNPACKED])
    shutil.rmtree(state)
    return UNPACKED


def _install(*packages: str) -> None:
    if not available():
        raise SetupError("This machine has no apt-get.")
    _refresh()
    with _services_stay_off():
        _apt_get(*INSTALL, *packages)


def _refresh(*options: str) -> None:
    """Read the package lists anew. One unreachable source need not matter, so say it and go on."""
    try:
        _apt_get(*options, "-oAPT::Update::Error-Mode=any", "update")
    except SetupError as failed:
        say(f"  {failed}")


def _apt_get(*arguments: str) -> None:
    run(["apt-get", "--quiet", "--yes", *arguments], env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})


@contextmanager
def _services_stay_off() -> Iterator[None]:
    """Keep Debian from starting the servers it installs: the tests start their own."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)


def _by_hand(packages: list[str]) -> str:
    return (
        "The tests need programs this machine lacks. Run this once, then make test again:\n"
        f"    sudo apt-get install -y {' '.join(packages)}"
    )


def _postgres_servers() -> list[Path]:
    """PostgreSQL servers in Debian's folders, the oldest supported version first."""
    homes = [*Path("/usr/lib/postgresql").glob("*"), *(UNPACKED / "usr/lib/postgresql").glob("*")]
    versions = sorted((int(home.name), home) for home in homes if home.name.isdigit())
    return [home / "bin/postgres" for version, home in versions if version >= OLDEST_POSTGRES]


def _which(*names: str) -> Path | None:
    paths = os.pathsep.join(folder for folder in os.get_exec_path() if folder != str(BIN))
    return next((Path(program) for name in names if (program := shutil.which(name, path=paths))), None)


def _first(*candidates: Path | None) -> Path | None:
    return next((path for path in candidates if path and os.access(path, os.X_OK)), None)


def _offer(target: Path, name: str) -> None:
    """Make `target` callable as .cache/bin/`name`: a link, or a wrapper that finds the unpacked libraries."""
    entry = BIN / name
    entry.unlink(missing_ok=True)
    if not target.is_relative_to(UNPACKED):
        entry.symlink_to(target)
        return
    libraries = ":".join(str(UNPACKED / folder) for folder in LIBRARIES)
    entry.write_text(
        "#!/bin/sh\n"
        f"export LD_LIBRARY_PATH='{libraries}'\n"
        f"export FONTCONFIG_FILE='{_font_settings()}'\n"
        f"exec '{target}' \"$@\"\n"
    )
    entry.chmod(0o755)


def _lend_libatomic() -> None:
    """Link an unpacked libatomic into .cache/lib: Playwright's Node needs it and bare machines lack it."""
    LIB.mkdir(exist_ok=True)
    for library in UNPACKED.glob(f"usr/{MACHINE}/libatomic.so.*"):
        link = LIB / library.name
        link.unlink(missing_ok=True)
        link.symlink_to(library)


def _font_settings() -> Path:
    settings = UNPACKED / "fonts.conf"
    rules = UNPACKED / "usr/share/fontconfig/conf.avail"
    settings.write_text(
        '<?xml version="1.0"?>\n<fontconfig>\n'
        f"<dir>/usr/share/fonts</dir><dir>{UNPACKED}/usr/share/fonts</dir><cachedir>{CACHE}/fonts</cachedir>\n"
        f"<include>{rules}/45-latin.conf</include><include>{rules}/60-latin.conf</include>\n"
        "</fontconfig>\n"
    )
    return settings
