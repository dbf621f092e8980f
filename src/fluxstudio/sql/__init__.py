"""The database's shape: migrations in the order of their names, and the product's queries by theme."""
