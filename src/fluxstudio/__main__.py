"""`python -m fluxstudio`, and the `fluxstudio` command."""

from __future__ import annotations

import sys


def main() -> None:
    """The command. What works on files alone starts without loading the product."""
    if sys.argv[1:2] == ["tokens"]:
        from fluxstudio.commands.design_tokens import app as tokens

        tokens(sys.argv[2:], prog_name="fluxstudio tokens")
        return
    from fluxstudio.cli import main as product

    product()


if __name__ == "__main__":
    main()
