"""What pictures draw: sections, depth maps, surfaces, GeoJSON."""
