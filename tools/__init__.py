"""Tools of the makers; not part of what is installed."""
