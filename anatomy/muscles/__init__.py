"""Muscles and points that are needled, and the techniques recorded for them."""
