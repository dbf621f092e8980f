"""Rules at work: what starts them, and one run from its claim to its end."""
