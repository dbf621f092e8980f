"""Where providers send their webhooks: raw ASGI ahead of the framework."""
