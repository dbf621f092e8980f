"""How well questions are answered: `make eval`."""
