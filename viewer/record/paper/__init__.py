"""The session record on paper and as data."""
