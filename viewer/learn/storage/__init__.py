"""Courses, learners and answers in the database."""
