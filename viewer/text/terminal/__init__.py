"""Answers as text that reads well in a terminal, and places found as data."""
