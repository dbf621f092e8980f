"""Page families dropped in from outside."""
