"""The body map: charts, layers, zones, depth map; what a tap does is in `page.tap`."""
