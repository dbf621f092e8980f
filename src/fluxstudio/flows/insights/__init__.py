"""How connections, calls, events and automations did over a range of time."""
