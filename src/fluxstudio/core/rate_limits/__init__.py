"""How much each caller may ask of us, and how much we may ask of a provider."""
