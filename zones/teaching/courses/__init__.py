"""Courses: what is asked of whom and when, and what a class has learnt."""
