"""Syncs of design tokens as they are kept, and what their runs did."""
