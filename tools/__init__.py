"""Set-up of this checkout, in the standard library alone; an old Python gets to see this file first."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "FluxStudio needs Python 3.11 or newer; %s is %s.\n"  # noqa: UP031
        "If a newer one is installed, name it: make run PYTHON=python3.11"
        % (sys.executable, sys.version.split()[0])
    )
