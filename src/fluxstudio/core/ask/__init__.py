"""Databases that can be asked: what their schemas are, and running one checked SELECT in them."""
