"""Design tokens that a team edits in two places: read, compared, merged and written back."""
