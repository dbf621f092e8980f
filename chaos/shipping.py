"""What operators install: the wheel in an environment of its own, and the files they start from."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import HTTPError
from urllib.request import urlopen

from chaos.report import Row
from tools import environment, wheel
from tools.checkout import CACHE, ROOT, VENV

READY_SECONDS = 30.0
EXAMPLES = ROOT / "examples" / "operate"
LINT = """
import sys, json, yaml, kubernetes_validate, compose_spec
folder = sys.argv[1]
items = yaml.safe_load(open(f"{folder}/kubernetes.yaml"))["items"]
for item in items:
    kubernetes_validate.validate(item, "1.33", strict=True)
services = compose_spec.ComposeSpecification.model_validate(
    yaml.safe_load(open(f"{folder}/compose.yaml"))
).services
print(json.dumps([len(items), len(services)]))
"""


async def _run(*words: object, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """What a command says. Raises `AssertionError` where it fails."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *map(str, words), cwd=cwd, env=env, stdout=pipe, stderr=pipe
    )
    out, err = await process.communicate()
    assert process.returncode == 0, f"{words}: {(out + err).decode()}"
    return (out + err).decode()


async def installed_wheel() -> Row:
    """The wheel alone, in a fresh environment: it says its version, checks its settings, serves and stops."""
    with TemporaryDirectory(prefix="fluxstudio-shipping-") as place:
        home, python = Path(place), Path(place) / "venv/bin/python"
        built = await asyncio.to_thread(wheel.build, home)
        uv = VENV / "bin/uv"
        await _run(uv, "venv", "--quiet", "--python", sys.executable, home / "venv")
        await _run(uv, "pip", "install", "--quiet", "--python", python, built)
        port = free_port()
        settings = {"PATH": "/usr/bin:/bin", "HOME": place, "PORT": str(port)}
        program = home / "venv/bin/fluxstudio"
        version = (await _run(program, "--version", cwd=home, env=settings)).split()[1]
        await _run(program, "check", cwd=home, env=settings)
        begun = time.monotonic()
        serving = await asyncio.create_subprocess_exec(program, "serve", cwd=home, env=settings)
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await asyncio.to_thread(_answers, f"http://127.0.0.1:{port}/ready"):
                    await asyncio.sleep(0.1)
            ready = time.monotonic() - begun
            missing = await asyncio.to_thread(_missing_files, f"http://127.0.0.1:{port}")
        finally:
            serving.send_signal(signal.SIGTERM)
            code = await serving.wait()
            # Root's database lies where its account can enter, and this folder is a link to it.
            shutil.rmtree((home / ".fluxstudio/postgres").resolve().parent, ignore_errors=True)
        megabytes = sum(file.stat().st_size for file in home.glob("venv/lib/**/*") if file.is_file()) / 1e6
    files = f"{len(missing)} files missing; {megabytes:.0f} MB"
    return Row(
        "the wheel in an environment of its own",
        "version, check, serve, every file of a page, exit code 0",
        f"{version}; ready after {ready:.1f} s; {files}; exit code {code}",
        not missing and code == 0,
    )


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _missing_files(base: str) -> list[str]:
    """The styles and scripts of the sign-in page that are not there."""
    with urlopen(f"{base}/sign-in", timeout=10) as page:
        names = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.read().decode())
    assert names
    missing = []
    for name in names:
        try:
            urlopen(base + name.replace("&amp;", "&"), timeout=10).close()
        except HTTPError:
            missing.append(name)
    return missing


async def linted_examples() -> Row:
    """Containerfile, Compose and Kubernetes files pass what others have written to check them."""
    folder = CACHE / "lint"
    await asyncio.to_thread(environment.provide_aside, "lint", folder)
    env = os.environ | {"PYTHONPATH": str(folder)}
    warnings = await _run(folder / "bin" / "hadolint", EXAMPLES / "Containerfile")
    objects, services = json.loads(await _run(sys.executable, "-c", LINT, EXAMPLES, env=env))
    return Row(
        "examples for operators, linted",
        "no warning of hadolint, Kubernetes 1.33 (strict), the Compose specification",
        f"{len(warnings.splitlines())} warnings; {objects} objects and {services} services are valid",
        not warnings and objects > 0 and services > 0,
    )
