"""Syncs: tokens of a design file and a file of a repository, kept alike by pull requests."""
