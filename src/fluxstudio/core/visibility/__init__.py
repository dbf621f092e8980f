"""Who may see what: members of private conversations, and accounts with access to a resource."""
