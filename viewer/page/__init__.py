"""The page as a whole: application, layout, and what a tap does."""
