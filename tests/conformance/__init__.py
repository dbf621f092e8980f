"""What every provider has to keep, proven over each of them against its simulator."""
