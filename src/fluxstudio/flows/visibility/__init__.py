"""Whom an event concerns: asked of providers with each account's own token."""
