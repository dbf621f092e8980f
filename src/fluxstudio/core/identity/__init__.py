"""Whose an API token is: the keys it may be signed with, and what it says."""
