"""Apply the SQL files of a folder and print which: `run_migrations.py DSN FOLDER`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from fluxstudio.kit.postgres.migrate import migrate

if __name__ == "__main__":
    files = [(path.name, path.read_text()) for path in sorted(Path(sys.argv[2]).glob("*.sql"))]
    print(json.dumps(asyncio.run(migrate(sys.argv[1], [("shop", files)]))), flush=True)
