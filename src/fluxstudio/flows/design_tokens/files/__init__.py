"""Token files as text: what is in them, where it is, and how to change it without touching the rest."""
