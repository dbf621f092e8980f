"""What is in the repositories of the simulated GitHub: files, git's objects, branches, pull requests."""
