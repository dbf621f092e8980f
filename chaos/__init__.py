"""What must survive, tried for real: processes, signals, a restarted database, failing providers."""
