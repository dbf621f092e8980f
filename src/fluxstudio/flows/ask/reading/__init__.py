"""From the words of a question to what it asks: mentions, paths through them, and readings."""
