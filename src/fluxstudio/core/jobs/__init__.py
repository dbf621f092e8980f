"""Work for later: the queue, its workers, and what recurs."""
