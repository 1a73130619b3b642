"""Session records in the database."""
