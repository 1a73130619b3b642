"""The kinds of exercises: what is asked, and what counts as right."""
