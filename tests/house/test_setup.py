"""Set-up: quick when current, whole after an interruption, and fussy about what it lets in."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import debian, environment, fetch, setup, witnesses
from tools.checkout import SetupError

PACKAGE_FILES = {
    "package/dist/a.js": b"let a",
    "package/api.json": b'{"a": [1, 2]}',
    "package/huge": b"x" * 9999,
}


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A checkout in `tmp_path` whose set-up only notes what it would do."""
    done: list[str] = []

    def create() -> None:
        done.append("create")
        for name in ("python", "fluxstudio"):
            (tmp_path / ".venv/bin").mkdir(parents=True, exist_ok=True)
            (tmp_path / ".venv/bin" / name).touch()

    for name, path in {
        "STAMP": ".venv/setup.json",
        "UNFINISHED": ".cache/unfinished",
        "LOCK": ".cache/lock",
    }.items():
        monkeypatch.setattr(setup, name, tmp_path / path)
    for name, path in {"ROOT": ".", "VENV": ".venv", "CACHE": ".cache", "PYTHON": ".venv/bin/python"}.items():
        monkeypatch.setattr(setup, name, tmp_path / path)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "create", create)
    monkeypatch.setattr(environment, "install", lambda *locks: done.append(f"install {' '.join(locks)}"))
    monkeypatch.setattr(fetch, "provide", lambda *profiles: done.append(f"fetch {' '.join(profiles)}"))
    monkeypatch.setattr(witnesses, "provide", lambda: done.append("witnesses"))
    monkeypatch.setattr(debian, "provide_programs", lambda: done.append("programs"))
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/run.txt").touch()
    return done


def test_a_current_set_up_is_not_repeated(work: list[str]) -> None:
    assert setup.main(["run"]) == 0
    assert sorted(work) == ["create", "fetch run run", "install run"]
    work.clear()
    assert setup.main(["run"]) == 0
    assert work == []


def test_a_changed_lock_is_set_up_again(work: list[str], tmp_path: Path) -> None:
    setup.main(["run"])
    work.clear()
    (tmp_path / "requirements/run.txt").write_text("new==1\n")
    assert setup.main(["run"]) == 0
    assert "install run" in work


def test_starting_the_product_keeps_the_test_tools(work: list[str], tmp_path: Path) -> None:
    setup.main(["test"])
    (tmp_path / "requirements/run.txt").write_text("new==1\n")
    work.clear()
    setup.main(["run"])
    assert "install test" in work
    work.clear()
    setup.main(["check"])
    assert work == []


def test_a_moved_checkout_is_set_up_again(
    work: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup.main(["run"])
    assert setup.is_current("run")
    monkeypatch.setattr(setup, "ROOT", tmp_path / "." / ".venv" / "..")
    assert not setup.is_current("run")


def test_an_interrupted_set_up_is_begun_anew(
    work: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: str) -> None:
        (tmp_path / ".venv/half-written").touch()
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(environment, "install", interrupted)
        assert setup.main(["run"]) == 130
    assert not setup.is_current("run")
    assert setup.main(["run"]) == 0
    assert not (tmp_path / ".venv/half-written").exists()
    assert setup.is_current("run")


def test_a_failure_ends_in_a_sentence(
    work: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: str) -> None:
        raise SetupError("The disk is full.")

    monkeypatch.setattr(environment, "install", fails)
    assert setup.main(["run"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "Set-up stopped. The disk is full."
    assert not setup.is_current("run")


def test_two_set_ups_at_once_do_the_work_once(work: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "install", lambda *_: time.sleep(0.1))
    both = [threading.Thread(target=setup.main, args=(["run"],)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert work.count("create") == 1


def test_uv_uses_the_index_and_certificate_that_pip_is_configured_with() -> None:
    text = environment.uv_settings(
        "global.cert='/etc/company.pem'\n"
        "global.index-url='https://packages.example/simple'\n"
        "global.extra-index-url='https://one.example/simple https://two.example/simple'\n"
        "global.find-links='/wheels /more'\n"
        ":env:.index-url='https://nearer.example/simple'\n"
        "global.progress-bar='off'\n"
    )
    assert text == {
        "UV_SYSTEM_CERTS": "1",
        "SSL_CERT_FILE": "/etc/company.pem",
        "UV_DEFAULT_INDEX": "https://nearer.example/simple",
        "UV_INDEX": "https://one.example/simple https://two.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels,/more",
    }


def tarball(path: Path) -> bytes:
    """Write an npm tarball of PACKAGE_FILES and return its bytes."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in PACKAGE_FILES.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path.read_bytes()


@pytest.fixture
def npm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[bool], Path]:
    """Pins one package and puts an npm on the PATH that delivers it, genuine or not; returns its log."""

    def make(genuine: bool) -> Path:
        content = tarball(tmp_path / "genuine.tgz")
        digest = base64.b64encode(hashlib.sha512(content if genuine else b"other").digest()).decode()
        (tmp_path / "assets.toml").write_text(
            '[[package]]\nname = "thing"\nversion = "1.2.3"\nprofile = "run"\n'
            f'integrity = "sha512-{digest}"\n[package.files]\n"dist/a.js" = "a.js"\n"api.json" = "api.json"\n'
        )
        program = tmp_path / "bin" / "npm"
        program.parent.mkdir()
        program.write_text(
            f'#!/bin/sh\necho "$@" >> {tmp_path}/npm.log\ncp {tmp_path}/genuine.tgz thing.tgz\n'
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        packages = fetch.read_manifest(tmp_path / "assets.toml")
        monkeypatch.setattr(fetch, "read_manifest", lambda: packages)
        monkeypatch.setattr(fetch, "FOLDERS", {"run": tmp_path / "static"})
        return tmp_path / "npm.log"

    return make


def test_pinned_npm_files_are_taken_out_of_their_package_once(
    npm: Callable[[bool], Path], tmp_path: Path
) -> None:
    log = npm(True)
    fetch.provide("run")
    fetch.provide("run")
    assert log.read_text() == "pack --silent thing@1.2.3\n"
    assert (tmp_path / "static/a.js").read_bytes() == b"let a"
    assert (tmp_path / "static/api.json").read_bytes() == b'{"a":[1,2]}'
    assert not (tmp_path / "static/huge").exists()


def test_an_npm_package_that_is_not_the_pinned_one_is_refused(  # R56
    npm: Callable[[bool], Path], tmp_path: Path
) -> None:
    npm(False)
    with pytest.raises(SetupError, match=r"thing@1\.2\.3 is not the file this project pins"):
        fetch.provide("run")
    assert list((tmp_path / "static").iterdir()) == []


def test_what_the_machine_lacks_is_named_with_the_one_command_that_mends_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(debian, "UNPACKED", tmp_path / "debian")
    with pytest.raises(SetupError, match=r"sudo apt-get install -y chromium-headless-shell redis-server"):
        debian.provide_programs()


def test_an_unpacked_program_finds_its_libraries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(debian, "UNPACKED", tmp_path / "debian")
    for name, folder in {"BIN": "bin", "LIB": "lib", "CACHE": "."}.items():
        monkeypatch.setattr(debian, name, tmp_path / folder)
    programs = ["usr/lib/chromium/chromium-headless-shell", "usr/bin/redis-server", "usr/bin/haproxy"]
    programs += ["usr/sbin/pgbouncer", "usr/sbin/nginx"]
    tools = ["postgres", *debian.POSTGRES_TOOLS]
    for program in [*programs, *(f"usr/lib/postgresql/15/bin/{tool}" for tool in tools)]:
        path = tmp_path / "debian" / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('#!/bin/sh\necho "$LD_LIBRARY_PATH $@"\n')
        path.chmod(0o755)
    with monkeypatch.context() as bare:
        bare.setenv("PATH", str(tmp_path))
        debian.provide_programs()
    text = subprocess.check_output([tmp_path / "bin/redis-server", "--port", "0"], text=True)
    assert text.startswith(f"{tmp_path}/debian/usr/lib/")
    assert text.endswith(" --port 0\n")
    assert {entry.name for entry in (tmp_path / "bin").iterdir()} == {*debian.PROGRAMS, *tools}


def test_the_stamp_of_another_program_does_no_harm(work: list[str], tmp_path: Path) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/setup.json").write_text(json.dumps({"profile": "unknown"}))
    assert not setup.is_current("run")
    assert setup.main(["run"]) == 0
