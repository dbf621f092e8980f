"""What a schema means: the words in its names, the keys between its tables, and ways to join them."""
