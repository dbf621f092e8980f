"""Webhooks to the host product: its endpoints, and what each is sent."""
