"""A whole session, its symptoms afterwards, and consent."""
