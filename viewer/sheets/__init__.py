"""Hand-outs: figures that can be printed, put in slides, and remade from the data."""
