"""What an answer rested on, and what changes between two versions of the data."""
