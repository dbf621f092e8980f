"""SQL made out of forms: a tree first, then its text."""
