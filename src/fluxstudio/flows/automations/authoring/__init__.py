"""Writing rules: making and changing them, trying them, and filling them in."""
