"""Programs made of the OpenAPI document: it lints without a word, and its types are strict and true."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import msgspec
import pytest

from fluxstudio.providers.figma.simulator.designs.variables import variables
from fluxstudio.providers.figma.simulator.exporting import exported_modes
from tests.support.running import Running
from tests.witnesses.node import PROGRAM
from tools.checkout import CACHE, ROOT
from tools.witnesses import FOLDER

HERE = Path(__file__).parent
GENERATOR = CACHE / "generator"
STRICTLY = ("-m", "mypy", "--strict", "--follow-imports=silent", "--config-file=mypy.ini")
# What the generator writes alike for every document passes `*args: object` on to httpx.
MYPY = "[mypy]\n[mypy-client.client]\ndisable_error_code = arg-type\n"
STRICT = {
    "compilerOptions": {
        **{"strict": True, "noEmit": True, "types": []},
        **{"module": "nodenext", "target": "es2023"},
    },
    "files": ["generated.ts", "process.d.ts"],
}
EXPORTED = [{"name": name, "content": content} for name, content in exported_modes(variables()).items()]
BODIES = {
    "ask_question": {"query": "How many connections are there?"},
    "create_connect_link": {"userId": "ada", "provider": "figma"},
    "create_token_sync": {
        "source": {"fileKey": "DriftwoodFoundations01"},
        "target": {"repository": "harbour-pine/driftwood", "path": "tokens/base.json"},
    },
    "resend_deliveries": {"status": "failed"},
    "upload_token_exports": {"files": EXPORTED},
    "slack_files": {"channel": "#design", "file": ""},
}
# Everything else is done. These want a signature, a password, or something that has not happened here.
REFUSED = {
    **dict.fromkeys(("receive_figma_webhook", "receive_github_webhook"), "SIGNATURE_INVALID"),
    **dict.fromkeys(("receive_slack_webhook", "receive_slack_interactive"), "SIGNATURE_INVALID"),
    **dict.fromkeys(("receive_slack_command",), "SIGNATURE_INVALID"),
    **dict.fromkeys(("change_password", "create_password_link", "delete_account"), "INVALID_REQUEST"),
    **dict.fromkeys(("decide_token_conflict", "end_one_session", "update_account"), "INVALID_REQUEST"),
    **dict.fromkeys(("allow_approval", "deny_approval", "get_approval"), "NOT_FOUND"),
    **dict.fromkeys(("check_webhook", "retry_run", "get_run", "call_tool"), "NOT_FOUND"),
    "finish_connect": "STATE_INVALID",
    # What is read may not be written.
    **dict.fromkeys(("proxy_post", "proxy_put", "proxy_patch", "proxy_delete"), "the provider’s own"),
    # Figma is disconnected by then.
    **dict.fromkeys(("figma_delete_webhook", "figma_unfollow"), "NOT_CONNECTED"),
    # It takes a code that the plugin is given once.
    "import_variables": "INVALID_TOKEN",
}


async def node(folder: Path, *words: str, **variables: str) -> str:
    """What a program of a package prints; it has to succeed."""
    return await printed_by(folder, str(PROGRAM), *words, REDOCLY_TELEMETRY="off", **variables)


async def python(folder: Path, *words: str, **variables: str) -> str:
    """What a Python program prints that sees the generator's packages; it has to succeed."""
    seen = f"{GENERATOR}{os.pathsep}{ROOT}{os.pathsep}{folder}"
    return await printed_by(folder, sys.executable, *words, PYTHONPATH=seen, **variables)


async def printed_by(folder: Path, *command: str, **variables: str) -> str:
    """What a command prints; it has to succeed."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={"PATH": f"{GENERATOR / 'bin'}{os.pathsep}{os.environ['PATH']}", **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    text, _ = await process.communicate()
    assert process.returncode == 0, text.decode()[-4000:]
    return text.decode()


def typed_packages(folder: Path) -> Path:
    """A folder with what a generated client imports, and with nothing that mypy has types of its own for."""
    packages = folder / "packages"
    packages.mkdir()
    for name in ("attr", "attrs", "httpx"):
        (packages / name).symlink_to(GENERATOR / name)
    return packages


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
    text = msgspec.json.decode(printed.splitlines()[-1])
    assert text == {
        "providers": [entry.provider.id for entry in running.services.registry],
        "signs": True,
        "listed": 1,
        "code": "INVALID_REQUEST",
    }


@pytest.mark.timeout(300)
async def test_every_operation_works_through_a_generated_python_client(
    running: Running, tmp_path: Path
) -> None:
    root = await running.client("root", role="admin")
    for provider in running.simulators:
        await running.connect(root, provider)
    (tmp_path / "openapi.json").write_bytes((await root.get("/api/openapi.json")).content)
    generate = ("-m", "openapi_python_client", "generate", "--path", "openapi.json", "--meta", "none")
    generated = await python(tmp_path, *generate, "--output-path", "client")
    assert "warning" not in generated.lower(), generated
    (tmp_path / "bodies.json").write_bytes(msgspec.json.encode(BODIES))
    (tmp_path / "mypy.ini").write_text(MYPY)
    await python(tmp_path, *STRICTLY, "client", MYPYPATH=str(typed_packages(tmp_path)))
    printed = await python(
        tmp_path,
        *(str(HERE / "clients" / "generated.py"), "openapi.json", "client", "bodies.json"),
        BASE=running.base,
        TOKEN=running.token("root", role="admin"),
    )
    assert msgspec.json.decode(printed.splitlines()[-1]) == REFUSED
