"""A server of the Model Context Protocol for tests: it tells its environment, and dies when asked."""

from __future__ import annotations

import os

from mcp.server.mcpserver import MCPServer

server = MCPServer("child")


@server.tool()
def environment() -> str:
    """The names of the environment."""
    return ",".join(sorted(os.environ))


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.tool()
def die() -> str:
    """End this process at once."""
    os._exit(1)


if __name__ == "__main__":
    server.run()
