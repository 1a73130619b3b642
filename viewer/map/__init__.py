"""The body map: charts, layers, zones, depth map, what a click on it does."""
