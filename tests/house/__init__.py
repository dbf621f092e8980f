"""Promises about the repository itself."""
