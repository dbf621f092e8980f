"""What was counted over time, for the pages and the API of insights."""
