"""What pages are made of: one macro each, and the page that shows them all."""
