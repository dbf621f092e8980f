"""Webhook events from the first byte to the last effect."""
