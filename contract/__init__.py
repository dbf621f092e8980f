"""Holds the real providers against their simulators, reading only: `make live`."""
