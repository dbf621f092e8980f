"""Commands beyond the everyday ones, and what all commands share."""
