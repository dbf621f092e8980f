"""Automations as they are stored: rules, their connections, and their runs."""
