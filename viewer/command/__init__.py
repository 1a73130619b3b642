"""The `needlemap` command."""
