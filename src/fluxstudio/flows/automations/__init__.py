"""Automations: rules, their runs, writing them, and their health."""
