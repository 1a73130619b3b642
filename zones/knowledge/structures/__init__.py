"""The structures: their records, the files they are in, pooled depths, tissues."""
