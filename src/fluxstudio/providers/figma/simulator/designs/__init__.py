"""What the sample files look like."""
