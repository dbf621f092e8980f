"""Look up what is known against the packages that the product runs on: `python -m tools.audit [OPTION …]`.

pip-audit asks one service of advisories after another until every package of requirements/run.txt was looked
up. Options are handed to it: `--osv-url URL` asks a mirror. Ends with 0 when nothing is known, with 1 when
something is, and with 3 when packages could not be looked up: that is no verdict.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from packaging.requirements import Requirement

from tools.checkout import ROOT, VENV

PROGRAM = (str(VENV / "bin" / "pip-audit"),)
LOCK = ROOT / "requirements" / "run.txt"
SERVICES = ("osv", "pypi")
KNOWN, UNKNOWN = 1, 3


@dataclass
class Findings:
    """Advisories by package; `problems` has each service that could not say everything, and why."""

    asked: set[str] = field(default_factory=set)
    looked_up: set[str] = field(default_factory=set)
    advisories: dict[str, set[str]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """What no service has looked up."""
        return sorted(self.asked - self.looked_up)

    @property
    def status(self) -> int:
        """How the command ends."""
        return KNOWN if self.advisories else UNKNOWN if self.missing else 0


def pins() -> list[Requirement]:
    """The packages of the lock that this machine installs."""
    lines = (line.partition("\\")[0] for line in LOCK.read_text("utf-8").splitlines() if "==" in line)
    results = [Requirement(line) for line in lines if not line.startswith((" ", "#"))]
    return [pin for pin in results if pin.marker is None or pin.marker.evaluate()]


def drifted() -> list[str]:
    """Packages that are installed in another version than the locked one."""
    results = []
    for pin in pins():
        try:
            installed = version(pin.name)
        except PackageNotFoundError:
            installed = "nothing"
        if not pin.specifier.contains(installed, prereleases=True):
            results.append(f"{pin.name}: {installed} is installed, {pin.specifier} is locked")
    return results


def findings(program: Sequence[str] = PROGRAM, options: Sequence[str] = ()) -> Findings:
    """Ask the services in turn, as long as packages are left that none has looked up."""
    result = Findings({pin.name for pin in pins()})
    for service in SERVICES:
        if result.missing:
            _ask(result, service, [*program, *options, "--vulnerability-service", service])
    return result


def _ask(result: Findings, service: str, command: list[str]) -> None:
    fixed = ["--requirement", str(LOCK), "--require-hashes", "--disable-pip", "--format", "json"]
    done = subprocess.run(
        [*command, *fixed, "--progress-spinner", "off"], capture_output=True, text=True, check=False
    )
    try:
        entries = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        result.problems[service] = last[:300]
        return
    for entry in entries:
        # pip-audit counts what its service does not know as free of vulnerabilities.
        if "vulns" not in entry:
            result.problems[service] = str(entry.get("skip_reason", "no answer"))[:300]
            continue
        result.looked_up.add(entry["name"])
        if entry["vulns"]:
            names = {f"{vuln['id']} (mended in {_versions(vuln)})" for vuln in entry["vulns"]}
            result.advisories.setdefault(entry["name"], set()).update(names)


def _versions(vuln: dict[str, list[str]]) -> str:
    return ", ".join(vuln.get("fix_versions") or ()) or "no version yet"


def report(result: Findings) -> str:
    """The findings in words."""
    lines = [f"{len(result.looked_up & result.asked)} of {len(result.asked)} packages were looked up."]
    lines += [f"{service} could not say everything: {why}" for service, why in result.problems.items()]
    lines += [f"{name}: {', '.join(sorted(ids))}" for name, ids in sorted(result.advisories.items())]
    if result.missing:
        lines.append(f"NOT AUDITED: {', '.join(result.missing)}. Run this where a service can be reached.")
    elif not result.advisories:
        lines.append("Nothing is known against them.")
    return "\n".join(lines)


def main(options: list[str]) -> int:
    """Print what was found; the exit status."""
    wrong = drifted()
    if wrong:
        print("\n".join(["Not what the lock says. Run make test or make check again.", *wrong]))
        return KNOWN
    result = findings(options=options)
    print(report(result))
    return result.status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
