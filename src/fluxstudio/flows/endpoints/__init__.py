"""Webhooks to the host product: endpoints as people manage them, and sending what happened."""
