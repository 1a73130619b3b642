"""The skin as a mesh: nearest place, tape along it, triangles, vectors, arrays."""
