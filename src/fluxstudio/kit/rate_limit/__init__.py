"""Counting calls in a window: in this process, or in Redis for all of them."""
