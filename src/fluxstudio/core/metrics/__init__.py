"""What is counted: by this process, by all of them, and of providers' answers."""
