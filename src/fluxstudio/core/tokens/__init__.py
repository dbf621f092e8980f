"""Sealed tokens: the vault, its keys, and one refresher in the whole cluster."""
