"""The three-way merge: base, ours (Figma) and theirs (the repository). Pure functions."""
