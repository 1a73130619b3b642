"""A place in landmark words, and back: "6 cm left of T4"."""
