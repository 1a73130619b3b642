"""What all processes of the service agree on: log-ins, waits, rates, tokens, links.

`store` says how it is kept and does so in memory, for a single process; `database` does
it for several, on one machine in an SQLite file, on several in PostgreSQL.
"""
