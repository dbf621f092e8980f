"""How the outside comes in: thin, and without decisions of its own."""
