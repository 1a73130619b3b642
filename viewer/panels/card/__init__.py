"""The verdict card and its depth ruler."""
