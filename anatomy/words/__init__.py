"""Free text to a place: phrases, search, named sites."""
