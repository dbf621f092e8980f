"""Agents: programs that call tools for a user, what each may do, what it did, and what waits for approval."""
