"""`python -m fluxstudio`."""

from fluxstudio.cli import main

main()
