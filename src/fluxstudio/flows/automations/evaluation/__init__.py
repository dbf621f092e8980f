"""What people's rules make the process compute, within one budget for each request or event."""
