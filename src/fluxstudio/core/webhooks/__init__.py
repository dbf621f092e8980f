"""Webhook events as they are stored, and the subscriptions that bring them."""
