"""The command `fluxstudio-simulators`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from fluxstudio.simulators import catalog
from fluxstudio.simulators.certificates import AUTHORITY
from fluxstudio.simulators.running import RunningSimulators, running

USUAL_PORT = 8001


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the simulators until a signal comes; 2 for what cannot be served."""
    options = _parser().parse_args(arguments)
    only = options.only.split(",") if options.only else None
    try:
        seeds = catalog.read_seeds(options.seed) if options.seed else None
        stopped = _stopped()
        with running(
            only, port=options.port, state=options.state, seeds=seeds, certificates=options.tls
        ) as simulators:
            for redirect in options.redirect:
                for simulator in simulators:
                    simulator.control("redirects", {"uri": redirect})
            _tell(simulators, options.tls)
            stopped.wait()
    except (OSError, ValueError) as error:
        print(f"fluxstudio-simulators: {error}", file=sys.stderr)  # noqa: T201 - the command's answer
        return 2
    return 0


def _stopped() -> threading.Event:
    """What is set once somebody wants this to end."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


def _tell(simulators: RunningSimulators, certificates: Path | None) -> None:
    lines = [f"Simulators are running at {simulators.base_url}. To use them, set:"]
    for simulator in simulators:
        prefix = simulator.name.upper()
        lines += [
            f"{prefix}_CLIENT_ID={simulator.client_id}",
            f"{prefix}_CLIENT_SECRET={simulator.client_secret}",
        ]
        if simulator.signing_secret:
            lines.append(f"{prefix}_SIGNING_SECRET={simulator.signing_secret}")
        lines += [f"{prefix}_{role.upper()}_URL={url}" for role, url in simulator.urls.items()]
    if certificates is not None:
        lines.append(f"Trust {certificates / AUTHORITY}, and let the names above mean 127.0.0.1.")
    print("\n".join(lines), flush=True)  # noqa: T201 - the command's answer


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fluxstudio-simulators", description="Serve a simulated Figma, Slack and GitHub on this machine."
    )
    parser.add_argument("--port", type=int, default=USUAL_PORT, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--only", metavar="NAMES", help=f"some of {','.join(catalog.names())}")
    parser.add_argument("--state", type=Path, metavar="FOLDER", help="keep state here; else in memory")
    parser.add_argument("--seed", type=Path, metavar="FILE", help="JSON: data of your own for each provider")
    parser.add_argument("--tls", type=Path, metavar="FOLDER", help="HTTPS under the providers' own names")
    parser.add_argument(
        "--redirect", action="append", default=[], metavar="URI", help="register a redirect address"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
