"""PostgreSQL for a program that should need no administrator.

`embedded` runs a private server, `database` talks to it or to any other (over `connection` and `listen`),
`migrate` keeps its schema, `queries` reads SQL from files. `errors` holds what they raise.
"""
