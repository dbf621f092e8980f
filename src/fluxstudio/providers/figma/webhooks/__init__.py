"""What Figma tells: whose word it is, which events there are, and what they say."""
