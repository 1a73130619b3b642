"""What was measured and read: sources, records of depths, what cites them, codes."""
