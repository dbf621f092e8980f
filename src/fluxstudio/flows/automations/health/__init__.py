"""Whether rules can do what they say, and telling their owners when they cannot."""
