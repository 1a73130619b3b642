"""Tests of the pages for learners and trainers, and of what is kept of them."""
