"""The needle's panel and its pictures of grips."""
