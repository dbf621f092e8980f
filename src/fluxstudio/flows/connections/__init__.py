"""Connecting an account, using its grant, and disconnecting it."""
