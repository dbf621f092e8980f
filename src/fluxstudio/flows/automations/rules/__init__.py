"""What a rule can say, and how it is read and checked."""
