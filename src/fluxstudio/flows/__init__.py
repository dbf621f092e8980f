"""What the product does, one file for each journey."""
