"""The page of the session record."""
