"""What just happened: published after the commit, followed by open pages."""
