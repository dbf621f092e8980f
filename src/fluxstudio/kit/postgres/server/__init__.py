"""The parts of the private server, from the outside in.

`postmaster` starts and stops the process, `cluster` makes its data, `layout` knows where
everything lies, `account` whom it runs as, `locks` who is using it, `binaries` where PostgreSQL is.
"""
