"""What administrators do with users, and users with their own accounts."""
