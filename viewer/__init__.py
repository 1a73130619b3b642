"""The command and the page, on top of the library."""
