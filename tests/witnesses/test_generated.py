"""Programs made of the OpenAPI document: it lints without a word, and its types are strict and true."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import msgspec
import pytest

from tests.support.running import Running
from tests.witnesses.node import PROGRAM
from tools.witnesses import FOLDER

HERE = Path(__file__).parent
STRICT = {
    "compilerOptions": {
        **{"strict": True, "noEmit": True, "types": []},
        **{"module": "nodenext", "target": "es2023"},
    },
    "files": ["generated.ts", "process.d.ts"],
}


async def node(folder: Path, *words: str, **variables: str) -> str:
    """What a program of a package prints; it has to succeed."""
    process = await asyncio.create_subprocess_exec(
        *(str(PROGRAM), *words),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "REDOCLY_TELEMETRY": "off", **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()[-4000:]
    return told.decode()


def program(package: str, file: str) -> str:
    """A program of an installed package."""
    return str(FOLDER / "node_modules" / package / file)


@pytest.mark.timeout(300)
async def test_a_client_is_generated_without_a_warning_and_works(running: Running, tmp_path: Path) -> None:
    stranger = await running.client(None)
    (tmp_path / "openapi.json").write_bytes((await stranger.get("/api/openapi.json")).content)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(FOLDER / "node_modules")
    shutil.copy(HERE / "redocly.yaml", tmp_path)
    shutil.copy(HERE / "clients" / "generated.ts", tmp_path)
    linted = await node(
        tmp_path, program("@redocly/cli", "bin/cli.js"), "lint", "openapi.json", "--config", "redocly.yaml"
    )
    assert "warning" not in linted.partition("validating")[2].lower(), linted
    types = program("openapi-typescript", "bin/cli.js")
    await node(tmp_path, types, "openapi.json", "--default-non-nullable=false", "-o", "api.d.ts")
    (tmp_path / "process.d.ts").write_text("declare const process: { env: Record<string, string> };")
    (tmp_path / "tsconfig.json").write_bytes(msgspec.json.encode(STRICT))
    await node(tmp_path, program("typescript", "bin/tsc"), "--project", "tsconfig.json")
    printed = await node(
        tmp_path, "generated.ts", BASE=running.base, TOKEN=running.token("root", role="admin")
    )
    told = msgspec.json.decode(printed.splitlines()[-1])
    assert told == {
        "providers": [entry.provider.id for entry in running.services.registry],
        "signs": True,
        "listed": 1,
        "code": "INVALID_REQUEST",
    }
